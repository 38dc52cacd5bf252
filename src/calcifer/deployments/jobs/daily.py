"""Starts, stops and restarts what is there."""

from pathlib import Path
from typing import Any

from calcifer.deployments.service import operating
from calcifer.deployments.service.turns import OPERATE
from calcifer.kit.workflows import JobContext, Jobs


def register(jobs: Jobs, var: Path) -> None:
    """Say who does it."""
    jobs.register(OPERATE, lambda job: operate(job, var, jobs))


def operate(job: JobContext, var: Path, jobs: Jobs) -> dict[str, Any]:
    """Carry an operation out; how it ends is a result, and no failure of the job."""
    waiting = (job.row_id, jobs.wait)
    state = operating.carry_out(job.units, job.actor, int(job.subject), var, waiting, job.progress)
    return {"state": state}
