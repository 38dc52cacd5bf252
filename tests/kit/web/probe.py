"""An application with a few routes that do what no real one does."""

from typing import Annotated, cast

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import BaseLoader, DictLoader, PrefixLoader
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from calcifer.activity import service as activity
from calcifer.app import create_app
from calcifer.kit import errors
from calcifer.kit.schemas import Line
from calcifer.kit.web import Api, Id, Pages, Reading, Writing, check_if_match, etag, page, to
from calcifer.wiring import Wiring

pages = Pages("probe")
calls = Api("probe")
OVERVIEW = """{% extends "kit/layout.html" %}
{% block title %}Probe{% endblock %}
{% block main %}
{% call(f) ui.form(form, path("probe.fail", name="Conflict")) %}{{ ui.field(f, "title", "Title", "as it is") }}{% endcall %}
{% call(f) ui.form(form, path("probe.fail", name="Invalid")) %}{{ ui.field(f, "title", "Title", "untouched") }}{% endcall %}
{% endblock %}"""
RAISED: dict[str, Exception] = {
    "NotFound": errors.NotFound("It is not there.", mend="Look elsewhere."),
    "Forbidden": errors.Forbidden("You may not."),
    "Invalid": errors.Invalid.field("title", "It is <b>bad</b>."),
    "Conflict": errors.Conflict("It is busy.", mend="Wait."),
    "Unavailable": errors.Unavailable("It does not answer."),
    "ValueError": ValueError("secret detail"),
}


class Title(BaseModel):
    """A form that knows its fields."""

    model_config = ConfigDict(extra="forbid")

    title: Line


@pages.get("")
def overview(request: Request, uow: Reading) -> HTMLResponse:
    """Stand in for a page with a form."""
    uow.db.execute(text("SELECT 1"))
    return page(request, "probe/overview.html")


@pages.get("/writes")
def writes(uow: Reading) -> HTMLResponse:
    """Write where one may only read."""
    activity.record(uow, "work.open", "#1")
    uow.db.flush()
    return HTMLResponse("written")


@pages.post("/fail/{name}", again="probe.overview")
def fail(request: Request, uow: Writing, name: str, data: Annotated[Title, Form()]) -> RedirectResponse:
    """Write, then raise."""
    activity.record(uow, "work.open", data.title)
    uow.db.flush()
    if name in RAISED:
        raise RAISED[name]
    return to(request, "probe.overview", say=f"Did <{data.title}>.")


@pages.post("/commit")
def commit(request: Request, uow: Writing) -> RedirectResponse:
    """Leave something behind that cannot be committed."""
    uow.db.execute(text("INSERT INTO activity (id) VALUES (1)"))
    return to(request, "probe.overview")


@pages.post("/small", max_body_size=100)
def small(data: Annotated[Title, Form()]) -> HTMLResponse:
    """Take little."""
    return HTMLResponse(data.title)


@pages.post("/large", max_body_size=30_000_000)
async def large(request: Request) -> HTMLResponse:
    """Take much."""
    return HTMLResponse(str(len(await request.body())))


@calls.post("/fail/{name}")
def call(uow: Writing, name: str, data: Title) -> None:
    """Write, then raise."""
    activity.record(uow, "work.open", data.title)
    if name in RAISED:
        raise RAISED[name]


class Version(BaseModel):
    """A thing that changes."""

    number: int


@calls.get("/things/{number}")
def thing(response: Response, number: Id) -> Version:
    """Read a thing."""
    etag(response, "thing", number)
    return Version(number=number)


@calls.post("/things/{number}/edit")
def edit(request: Request, uow: Writing, number: Id) -> Version:
    """Change a thing if it is what it was."""
    check_if_match(request, "thing", number)
    return Version(number=uow.actor.person_id or number)


def probe(wiring: Wiring) -> FastAPI:
    """Make the application, with these routes."""
    app = create_app(wiring, [pages, calls])
    loader = app.state.site.templates.loader
    assert isinstance(loader, PrefixLoader)
    cast("dict[str, BaseLoader]", loader.mapping)["probe"] = DictLoader({"overview.html": OVERVIEW})
    return app
