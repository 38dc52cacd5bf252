"""Carries runs out."""

from pathlib import Path
from typing import Any

from calcifer.deployments.models import GOOD
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.service import carrying, runs, turns
from calcifer.deployments.service.runs import DELIVER, JOB
from calcifer.kit.errors import Conflict, Unavailable
from calcifer.kit.workflows import JobContext, Jobs


def register(jobs: Jobs, var: Path) -> None:
    """Say who does what."""
    jobs.register(JOB, lambda job: carry_out(job, var, jobs))
    jobs.register(DELIVER, lambda job: deliver(job, jobs))


def carry_out(job: JobContext, var: Path, jobs: Jobs) -> dict[str, Any]:
    """Carry a run out once it is its turn; how it ends is a result, and no failure of the job."""
    with job.units.read(job.actor) as uow:
        row = queries.get_deployment(uow.db, int(job.subject)).run
        place = (row.service_id, row.host_id)
    turns.wait(job.units, job.actor, place, job.row_id, jobs.wait, job.progress)
    return {"state": carrying.carry_out(job.units, job.actor, int(job.subject), var, job.progress)}


def deliver(job: JobContext, jobs: Jobs) -> dict[str, Any]:
    """Bring a completed change where the targets of its service ask for it; Conflict where it did not come into service."""
    name, _, merge = job.subject.partition(" ")
    try:
        with job.units.write(job.actor) as uow:
            numbers = runs.deliver(uow, name, merge)
            waiting = [runs.job_of(uow, number) for number in numbers]
    except runs.Busy as error:
        raise Unavailable(error.message, mend=error.mend) from error
    for row_id in waiting:
        jobs.wait(row_id, job.progress)
    with job.units.read(job.actor) as uow:
        ended = [queries.get_deployment(uow.db, number) for number in numbers]
        wrong = [one for one in ended if one.run.state != GOOD]
    if wrong:
        said = " ".join(
            f"Deployment {one.run.id} to {one.host} is {one.run.state}. {one.run.error or ''}" for one in wrong
        )
        raise Conflict(said.strip(), mend=f"calcifer deployments show {wrong[0].run.id}")
    return {"deployments": numbers}
