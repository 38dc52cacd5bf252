"""What work does outside a request: looking for commits without an item, running verify commands."""

from pathlib import Path
from typing import Any

from calcifer.kit.workflows import JobContext, Jobs
from calcifer.services import queries as catalog
from calcifer.work import service
from calcifer.work.service import taking, verifying
from calcifer.work.service.strays import FIND_STRAYS


def register(jobs: Jobs, var: Path) -> None:
    """Register the jobs of work; scratch worktrees lie below Calcifer's own directory `var`."""

    def verify(job: JobContext) -> dict[str, Any]:
        outcome = verifying.carry_out(job.units, job.actor, int(job.subject), var / "worktrees")
        return {"state": outcome.state} if outcome else {}

    jobs.register(FIND_STRAYS, find_strays)
    jobs.register(taking.FIND_REQUESTS, lambda job: taking.carry_out_find(job, var))
    jobs.register(taking.TAKE_REQUEST, lambda job: taking.carry_out_take(job, var))
    jobs.register(verifying.JOB, verify)


def find_strays(job: JobContext) -> dict[str, Any]:
    """List the commits that reached main of the service `job.subject` without an item."""
    with job.units.write(job.actor) as uow:
        return {"found": service.find_strays(uow, catalog.get_service(uow.db, job.subject))}
