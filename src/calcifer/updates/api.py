"""Updates for programs: `/api/v1/updates`."""

from fastapi import Query

from calcifer.kit.web import Api, Id, Listing, Paging, Reading, Writing, paged
from calcifer.updates import service
from calcifer.updates.schemas import CheckJobOut, CheckWish, TakeWish, UpdateOut
from calcifer.work.schemas import ItemOut

router = Api("updates")


@router.get("")
def list_updates(
    uow: Reading,
    asked: Paging,
    of: str = Query("", alias="service", max_length=200),
    everything: bool = Query(default=False, alias="all"),
) -> Listing[UpdateOut]:
    """List the images of services by what they could be updated to; with `all` also those that there is nothing to say of."""
    found = service.outs(uow, of or None, everything=everything)
    rows = [one for one in found if asked.after_name is None or one.key > asked.after_name]
    rows, following = paged(rows[: asked.limit + 1], asked, lambda one: [one.key])
    return Listing(items=rows, next=following)


@router.post("/check", status_code=202)
def check(uow: Writing, data: CheckWish) -> CheckJobOut:
    """Ask registries for the images of a service, or of all; how it goes is at `/api/v1/updates/jobs/{id}`."""
    return CheckJobOut.of(service.check(uow, data.service))


@router.post("/take", status_code=201)
def take(uow: Writing, data: TakeWish) -> ItemOut:
    """Open an item for an update, or a parent with a child for each of several."""
    return ItemOut.of(service.take(uow, data))


@router.get("/jobs/{job_id}")
def get_check_job(uow: Reading, job_id: Id) -> CheckJobOut:
    """Say how asking goes, or how it went."""
    return CheckJobOut.of(service.get_check_job(uow, job_id))
