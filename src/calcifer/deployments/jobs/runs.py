"""Carries runs out."""

from pathlib import Path
from typing import Any

from calcifer.deployments.service import carrying
from calcifer.deployments.service.runs import JOB
from calcifer.kit.workflows import JobContext, Jobs


def register(jobs: Jobs, var: Path) -> None:
    """Say who does what."""
    jobs.register(JOB, lambda job: carry_out(job, var))


def carry_out(job: JobContext, var: Path) -> dict[str, Any]:
    """Carry a run out; how it ends is a result, and no failure of the job."""
    return {"state": carrying.carry_out(job.units, job.actor, int(job.subject), var, job.progress)}
