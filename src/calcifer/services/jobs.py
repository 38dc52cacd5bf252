"""What services do outside a unit of work: adopting."""

from pathlib import Path
from typing import Any

from calcifer.kit.workflows import JobContext, Jobs
from calcifer.services.service import adoption


def register(jobs: Jobs, home: Path) -> None:
    """Register the jobs of services in the workspace `home`."""

    def adopt(job: JobContext) -> dict[str, Any]:
        report = adoption.carry_out(job.units, job.actor, home, adoption.read(job.subject), tell=job.progress)
        return report.as_json()

    jobs.register(adoption.JOB, adopt)
