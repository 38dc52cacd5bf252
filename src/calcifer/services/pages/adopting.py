"""Getting services in: what is there already, with a plan before and the progress after, and services from nothing."""

from pathlib import Path
from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import Response

from calcifer.kit.errors import Invalid
from calcifer.kit.schemas import checked
from calcifer.kit.web import Id, Reading, Writing, page, to
from calcifer.services import service
from calcifer.services.adoptions import Adopt, AdoptionOut, NewService, PlanOut
from calcifer.services.pages.routes import router
from calcifer.services.service.adoption import get_adoption, planned
from calcifer.services.service.creation import Making

Field = Annotated[str, Form()]
Asked = Annotated[str, Query(max_length=100_000)]
Ticked = Annotated[list[str] | None, Form()]


def _home(request: Request) -> Path:
    home: Path = request.app.state.wiring.settings.home
    return home


def _asked(
    sources: str, directories: str, in_place: str, name: str, only: list[str] | None = None, rest: str = ""
) -> Adopt:
    lines = [line.strip() for line in sources.splitlines() if line.strip()]
    if not lines:
        raise Invalid.field("sources", "Name at least one directory or address.")
    given = {"sources": lines, "directories": directories or "decide", "in_place": bool(in_place), "name": name or None}
    return checked(Adopt, **given, only=only, rest=bool(rest))


@router.get("/adopt")
def adopt_form(
    request: Request,
    sources: Asked = "",
    directories: Asked = "decide",
    in_place: Asked = "",
    name: Asked = "",
) -> Response:
    """Ask what to adopt; where it is said, show the plan."""
    plan, problem = None, None
    if sources.strip():
        try:
            wish = _asked(sources, directories, in_place, name).wish()
            plan = PlanOut.of(planned(request.app.state.units, request.state.actor, _home(request), wish))
        except Invalid as error:
            problem = error
    asked = {"sources": sources, "directories": directories, "in_place": in_place, "name": name}
    return page(request, "services/adopt.html", asked=asked, plan=plan, problem=problem)


@router.post("/adopt", again="services.adopt_form")
def adopt(
    request: Request,
    uow: Writing,
    sources: Field = "",
    directories: Field = "decide",
    in_place: Field = "",
    name: Field = "",
    only: Ticked = None,
    rest: Field = "",
) -> Response:
    """Promise the work, and show how it goes."""
    row = service.adopt(uow, _home(request), _asked(sources, directories, in_place, name, only, rest).wish())
    return to(request, "services.adoption", job_id=row.id)


@router.get("/adoptions/{job_id}")
def adoption(request: Request, uow: Reading, job_id: Id) -> Response:
    """Show how an adoption goes; the page comes again by itself until that has ended."""
    return page(request, "services/adoption.html", adoption=AdoptionOut.of(get_adoption(uow, job_id)))


@router.get("/new")
def new_form(request: Request) -> Response:
    """Ask for the name of a new service."""
    return page(request, "services/new.html")


@router.post("/new", again="services.new_form")
def new(request: Request, name: Field = "", title: Field = "", compose: Field = "") -> Response:
    """Begin a service, in units of its own: git runs in between, and must hold no lock."""
    data = checked(NewService, name=name, title=title, compose=compose or None)
    making = Making.of(data.name, data.title, data.compose)
    made = service.new(request.app.state.units, request.state.actor, _home(request), making)
    return to(request, "services.overview", name=made, say=f"{made} has a repository: write down what it is for.")
