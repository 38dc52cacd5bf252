"""Updates for people: `/updates`."""

from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from calcifer.kit import promises
from calcifer.kit.errors import Invalid
from calcifer.kit.schemas import checked
from calcifer.kit.web import Pages, Paging, Reading, Writing, page, paged, to
from calcifer.updates import service
from calcifer.updates.schemas import CheckWish, TakeWish

router = Pages("updates")
Field = Annotated[str, Form()]


@router.get("")
def updates(
    request: Request,
    uow: Reading,
    asked: Paging,
    of: str = Query("", alias="service", max_length=200),
    everything: bool = Query(default=False, alias="all"),
) -> HTMLResponse:
    """List the images of services, and what they could be updated to."""
    found = service.outs(uow, of or None, everything=everything)
    rows = [one for one in found if asked.after_name is None or one.key > asked.after_name]
    rows, cursor = paged(rows[: asked.limit + 1], asked, lambda one: [one.key])
    jobs = promises.list_jobs(uow.db, prefix="updates.", finished=False)
    busy = [job for job in jobs if job.state == "running" or job.due_at <= uow.now]
    return page(request, "updates/list.html", updates=rows, cursor=cursor, busy=busy, of=of, everything=everything)


@router.post("/check", again="updates.updates")
def check(request: Request, uow: Writing, name: Annotated[str, Form(alias="service")] = "") -> RedirectResponse:
    """Ask registries."""
    service.check(uow, checked(CheckWish, service=name or None).service)
    return to(request, "updates.updates", say="Asking registries.")


@router.post("/take", again="updates.updates")
def take(
    request: Request, uow: Writing, update: Annotated[list[str] | None, Form()] = None, reason: Field = ""
) -> RedirectResponse:
    """Open an item for what was chosen."""
    if not update:
        raise Invalid.field("updates", "Choose at least one update.")
    item = service.take(uow, checked(TakeWish, updates=update, reason=reason))
    return to(request, "work.item", number=item.number, say=f"#{item.number} has it on its branch.")
