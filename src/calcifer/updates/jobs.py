"""What is done for updates outside a unit of work: read what to ask for, talk to registries, record; then what goes by itself."""

import logging
from collections.abc import Collection
from typing import Any

from calcifer.kit.errors import CalciferError
from calcifer.kit.workflows import JobContext, Jobs
from calcifer.updates import automatic, rounds, service

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
    result = rounds.ask(job, plain, name)
    return result | {"items": _by_themselves(job, jobs, name)}


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
    """Return the number of the item where this round has opened or completed it."""
    with job.units.write(one.actor) as uow:
        made = automatic.make(uow, one)
    if made is None:
        return None
    number, is_new, done = made
    if not done:
        for row_id in uow.jobs:  # a verify command, say: its verdict is one of those that count
            jobs.wait(row_id, job.progress)
        with job.units.write(one.actor) as uow:
            done = automatic.complete(uow, number)
    jobs.run(uow.jobs, job.progress)  # where no server is there, nobody else would
    return number if is_new or done else None
