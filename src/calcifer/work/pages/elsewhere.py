"""Work that began elsewhere: branches that are there, and requests of the forge, taken up as items."""

from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response

from calcifer.kit.schemas import checked
from calcifer.kit.web import Id, Reading, Writing, page, to
from calcifer.services import queries as catalog
from calcifer.work import service
from calcifer.work.pages.routes import Field, router
from calcifer.work.service import taking
from calcifer.work.takings import AskedOut, AskRequests, Take, TakeRequest

Text = Annotated[str, Query(max_length=250)]


@router.get("/take")
def take_form(request: Request, uow: Reading, service_name: Text = "", branch: Text = "") -> Response:
    """Show the branches of a service that have no item, and what its forge was last asked for."""
    shown: dict[str, Any] = {
        "names": catalog.list_names(uow.db),
        "chosen": branch,
        "service": None,
        "branches": [],
        "asked": None,
    }
    if service_name:
        shown["service"] = catalog.get_service(uow.db, service_name)
        shown["branches"] = taking.branches(uow, service_name)
        shown["asked"], found = taking.list_requests(uow, service_name)
        shown |= {"requests": found, "options": [(one.number, f"{one.number}: {one.title[:80]}") for one in found]}
    return page(request, "work/take.html", **shown)


@router.post("/take")
def take(
    request: Request, uow: Writing, service_name: Field = "", branch: Field = "", reason: Field = "", title: Field = ""
) -> Response:
    """Open an item that goes on with a branch."""
    new = checked(Take, service=service_name, branch=branch, reason=reason, title=title or None)
    item = service.take(uow, new)
    return to(request, "work.item", number=item.number, say=f"#{item.number} goes on where '{branch}' stands.")


@router.post("/find_requests", again="work.take_form")
def find_requests(
    request: Request, uow: Writing, service_name: Field = "", token: Field = "", forge: Field = ""
) -> Response:
    """Ask the forge for open requests."""
    asked = checked(AskRequests, service=service_name, forge=forge or None, token=token or None)
    var = request.app.state.wiring.settings.var
    service.find_requests(uow, var, asked.service, token, asked.forge)
    return to(request, "work.take_form", service_name=asked.service, say="The forge is asked.")


@router.post("/take_request", again="work.take_form")
def take_request(
    request: Request, uow: Writing, service_name: Field = "", number: Field = "", token: Field = "", forge: Field = ""
) -> Response:
    """Fetch a request and open an item of it."""
    given = {"service": service_name, "number": number, "forge": forge or None, "token": token or None}
    row = service.take_request(uow, request.app.state.wiring.settings.var, checked(TakeRequest, **given))
    return to(request, "work.asked", job_id=row.id)


@router.get("/asked/{job_id}")
def asked(request: Request, uow: Reading, job_id: Id) -> Response:
    """Show how it goes; the page comes again by itself until that has ended."""
    return page(request, "work/asked.html", asked=AskedOut.of(taking.get_asked(uow, job_id)))
