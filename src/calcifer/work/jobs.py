"""What work does outside a request: looking for commits without an item, running verify commands."""

from typing import Any

from calcifer.kit.workflows import JobContext, Jobs
from calcifer.services import queries as catalog
from calcifer.work import service

FIND_STRAYS = "work.find_strays"


def register(jobs: Jobs) -> None:
    """Register the jobs of work."""
    jobs.register(FIND_STRAYS, find_strays)


def find_strays(job: JobContext) -> dict[str, Any]:
    """List the commits that reached main of the service `job.subject` without an item."""
    with job.units.write(job.actor) as uow:
        return {"found": service.find_strays(uow, catalog.get_service(uow.db, job.subject))}
