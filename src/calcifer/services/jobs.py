"""What services do outside a unit of work: adopting, scanning."""

from pathlib import Path
from typing import Any

from calcifer.kit.workflows import JobContext, Jobs
from calcifer.services.service import adoption, arrival, scanning


def register(jobs: Jobs, home: Path) -> None:
    """Register the jobs of services in the workspace `home`."""

    def adopt(job: JobContext) -> dict[str, Any]:
        report = adoption.carry_out(job.units, job.actor, home, adoption.read(job.subject), tell=job.progress)
        return report.as_json()

    def scan(job: JobContext) -> dict[str, Any]:
        return scanning.look(job.units, job.actor, home, tell=job.progress).as_json()

    jobs.register(adoption.JOB, adopt)
    jobs.register(arrival.SURVEY, lambda job: arrival.carry_out_survey(job, home))
    jobs.register(adoption.JOB_FROM, lambda job: arrival.carry_out(job, home).as_json())
    jobs.register(scanning.JOB, scan)
