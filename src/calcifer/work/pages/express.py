"""The express lane, edits that become items, and commits that get one afterwards."""

from typing import Annotated, Any

from fastapi import Form, Query, Request
from fastapi.responses import Response

from calcifer.kit.schemas import checked
from calcifer.kit.web import Reading, Writing, page, to
from calcifer.work import queries, service
from calcifer.work.pages.routes import Field, router
from calcifer.work.schemas import Claim, NewChange
from calcifer.work.service import looking

Text = Annotated[str, Query(max_length=1024)]
Texts = Annotated[list[str], Form()]


def _asked(service_name: str, reason: str, file: str, content: str, base: str, only: list[str]) -> NewChange:
    given: dict[str, Any] = {"service": service_name, "reason": reason, "paths": only or None}
    if file:
        given |= {"files": [{"path": file, "content": content}], "base": base or None}
    return checked(NewChange, **given)


@router.get("/change")
def change_form(request: Request, uow: Reading, service_name: Text = "", path: Text = "") -> Response:
    """Ask for the reason of a small change: of a file, or of the edits that lie in main's checkout."""
    return page(request, "work/change.html", **looking.express(uow, service_name, path))


@router.post("/change")
def change(
    request: Request,
    uow: Writing,
    service_name: Field = "",
    reason: Field = "",
    file: Field = "",
    content: Field = "",
    base: Field = "",
    only: Texts = [],  # noqa: B006  (FastAPI copies it)
) -> Response:
    """Open, commit and complete in one step."""
    item, verdicts = service.change(uow, _asked(service_name, reason, file, content, base, only))
    held = " ".join(verdict.sentence for verdict in verdicts if not verdict.lets_through)
    said = f"#{item.number} is completed." if item.state == "completed" else f"#{item.number} is open. {held}"
    return to(request, "work.item", number=item.number, say=said)


@router.post("/collect", again="work.change_form")
def collect(
    request: Request,
    uow: Writing,
    service_name: Field = "",
    reason: Field = "",
    file: Field = "",
    content: Field = "",
    base: Field = "",
    only: Texts = [],  # noqa: B006  (FastAPI copies it)
) -> Response:
    """Make an item of the edits, and leave it open."""
    item = service.collect(uow, _asked(service_name, reason, file, content, base, only))
    return to(request, "work.item", number=item.number, say=f"Opened #{item.number} with these edits.")


@router.get("/strays")
def strays(request: Request, uow: Reading) -> Response:
    """List commits on main that wait for an item."""
    return page(request, "work/strays.html", strays=queries.list_strays(uow.db))


@router.post("/claim", again="work.strays")
def claim(request: Request, uow: Writing, service_name: Field = "", reason: Field = "") -> Response:
    """Open an item that answers for a service's waiting commits."""
    item = service.claim(uow, checked(Claim, service=service_name, reason=reason))
    return to(request, "work.item", number=item.number, say=f"#{item.number} answers for these commits: complete it.")
