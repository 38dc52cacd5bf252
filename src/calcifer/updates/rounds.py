"""A round of questions within a job: read what to ask for, talk to registries, keep what each said."""

from collections.abc import Collection, Sequence
from typing import Any

from calcifer.kit.workflows import JobContext
from calcifer.updates import asking, listing, queries, service
from calcifer.updates.references import Reference


def ask(job: JobContext, plain: Collection[str], name: str | None, seen: Sequence[Reference] = ()) -> dict[str, Any]:
    """Ask registries for images of services, or for those that were `seen` on a host alone; what one says is kept at once."""
    with job.units.read(job.actor) as uow:
        # Of all services: what is kept of an image is what all that use it need.
        meant = set[str]() if seen else {one.name for one in listing.used(uow, name)}
        uses = [one for one in listing.used(uow) if one.name in meant] if meant else []
        asked = asking.questions(uses, seen, queries.list_images(uow.db), uow.now)
    unanswered = 0
    for answers in asking.ask_all(asked, plain, job.units.clock(), job.progress):
        unanswered += sum(one.error is not None for one in answers)
        with job.units.write(job.actor) as uow:
            service.told(uow, answers)
    return {"asked": len(asked), "unanswered": unanswered}
