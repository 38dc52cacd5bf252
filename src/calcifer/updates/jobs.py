"""What is done for updates outside a unit of work: read what to ask for, talk to registries, record; then what goes by itself."""

import logging
from collections.abc import Collection, Sequence
from typing import Any

from calcifer.kit.errors import CalciferError
from calcifer.kit.workflows import JobContext, Jobs
from calcifer.updates import asking, automatic, listing, queries, service
from calcifer.updates.references import Reference

log = logging.getLogger("calcifer.updates")


def register(jobs: Jobs, hours: int, plain: Collection[str]) -> None:
    """Register the jobs; `plain` are the registries that are asked without TLS."""
    jobs.register(service.CHECK, lambda job: check(job, jobs, plain))
    jobs.register(service.DAILY, lambda job: daily(job, jobs, hours, plain))


def daily(job: JobContext, jobs: Jobs, hours: int, plain: Collection[str]) -> dict[str, Any]:
    """Promise the next time first, so that nothing ends it; then ask."""
    with job.units.write(job.actor) as uow:
        service.schedule(uow, hours)
    return check(job, jobs, plain)


def check(job: JobContext, jobs: Jobs, plain: Collection[str]) -> dict[str, Any]:
    """Ask for the images of one service, or of all; then let complete what may by itself."""
    name = None if job.subject == service.ALL else job.subject
    result = ask(job, plain, name)
    return result | {"items": _by_themselves(job, jobs, name)}


def ask(job: JobContext, plain: Collection[str], name: str | None, seen: Sequence[Reference] = ()) -> dict[str, Any]:
    """Ask registries for images of services, or for those that were `seen` on a host alone; what one says is kept at once."""
    with job.units.read(job.actor) as uow:
        uses = [] if seen else listing.used(uow, name)
        asked = asking.questions(uses, seen, queries.list_images(uow.db), uow.now)
    unanswered = 0
    for answers in asking.ask_all(asked, plain, job.units.clock(), job.progress):
        unanswered += sum(one.error is not None for one in answers)
        with job.units.write(job.actor) as uow:
            service.told(uow, answers)
    return {"asked": len(asked), "unanswered": unanswered}


def _by_themselves(job: JobContext, jobs: Jobs, name: str | None) -> list[int]:
    with job.units.read(job.actor) as uow:
        wanted = automatic.mandates(uow, name)
    made = []
    for one in wanted:
        job.progress(f"Updating {one.image} in {one.service}")
        try:
            number = _carry_out(job, jobs, one)
        except CalciferError as error:  # one service that is in the way keeps no other from its updates
            log.warning("%s in %s was not updated: %s", one.image, one.service, error.message)
            continue
        made += [number] if number is not None else []
    return made


def _carry_out(job: JobContext, jobs: Jobs, one: automatic.Mandate) -> int | None:
    with job.units.write(one.actor) as uow:
        number = automatic.make(uow, one)
    if number is None:
        return None
    for row_id in uow.jobs:  # a verify command, say: its verdict is one of those that count
        jobs.wait(row_id, job.progress)
    with job.units.write(one.actor) as uow:
        automatic.complete(uow, number)
    jobs.run(uow.jobs)  # where no server is there, nobody else would
    return number
