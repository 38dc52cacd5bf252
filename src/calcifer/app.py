"""The only place that puts the web application together: every router in the order of the menu."""

import importlib
import logging
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from sqlalchemy import text
from starlette.middleware import Middleware
from starlette.routing import Route

import calcifer
from calcifer.accounts import queries as accounts
from calcifer.accounts import service as accounts_service
from calcifer.accounts.models import BrowserSession
from calcifer.kit.errors import Unavailable
from calcifer.kit.uow import UnitOfWork, Units
from calcifer.kit.web import Identity, MenuEntry, Reading, Site
from calcifer.kit.web.errors import install
from calcifer.kit.web.gate import NOBODY, Gate
from calcifer.kit.web.problems import Problem
from calcifer.kit.web.shell import Shell
from calcifer.kit.web.signed_out import give_back
from calcifer.kit.web.static import PREFIX, StaticFiles
from calcifer.kit.web.templates import environment
from calcifer.wiring import Wiring

log = logging.getLogger("calcifer")

# Edges in the order of the menu. One that is not there yet is left out.
EDGES = (
    "home.pages",
    "work.pages",
    "services.pages",
    "updates.pages",
    "git.pages",
    "secrets.pages",
    "deployments.pages",
    "hosts.pages",
    "doctor.pages",
    "activity.pages",
    "accounts.pages",
    "work.api",
    "services.api",
    "updates.api",
    "git.api",
    "secrets.api",
    "deployments.api",
    "hosts.api",
    "doctor.api",
    "activity.api",
    "accounts.api",
    "kit.web.styleguide",
    "kit.web.reference",
)
MENU = (
    MenuEntry("home.panel", "Home", "house"),
    MenuEntry("work.items", "Work", "list-checks"),
    MenuEntry("services.services", "Services", "boxes"),
    MenuEntry("updates.updates", "Updates", "package"),
    MenuEntry("git.status", "Git", "git-branch"),
    MenuEntry("deployments.deployments", "Deployments", "rocket"),
    MenuEntry("hosts.hosts", "Hosts", "server"),
    MenuEntry("activity.entries", "Activity", "history"),
    MenuEntry("accounts.tokens", "Settings", "settings"),
)
LARGEST_BODY_BYTES = 25_000_000


def create_app(wiring: Wiring, also: Iterable[APIRouter] = ()) -> FastAPI:
    """Make the application over the parts in `wiring`, with the routers `also` beside those of the domains."""
    app: FastAPI = FastAPI(
        title="Calcifer",
        version=calcifer.__version__,
        docs_url=None,
        redoc_url=None,
        max_body_size=LARGEST_BODY_BYTES,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # nobody here listens to it
        middleware=[
            Middleware(Shell),
            Middleware(Gate, doorkeeper=lambda: Door(app.state.units), give_back=give_back),
        ],
    )
    app.state.units = wiring.units
    app.state.wiring = wiring
    app.state.setup_code = secrets.token_urlsafe(9)
    if not wiring.is_set_up():
        log.warning(
            "There is no owner yet. A browser on another machine needs this code on /setup: %s", app.state.setup_code
        )
    domains = [
        folder for folder in sorted(Path(calcifer.__file__).parent.iterdir()) if (folder / "__init__.py").is_file()
    ]
    static = StaticFiles([folder / "static" for folder in domains if (folder / "static").is_dir()])
    app.router.routes.append(Route(PREFIX + "{path:path}", static.answer, name="static"))
    app.add_api_route("/healthz", healthz, tags=["health"], operation_id="healthz")
    for router in (*_routers(), *also):
        # Not include_router(): an included router is looked up twice at every request, a flat list once.
        app.router.routes.extend(router.routes)
    install(app)
    templates = environment({f.name: f"calcifer.{f.name}" for f in domains if (f / "templates").is_dir()})
    Site.of(app, templates, static, MENU)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _routers() -> list[APIRouter]:
    found: dict[int, APIRouter] = {}
    for edge in EDGES:
        name = f"calcifer.{edge}"
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not name.startswith(error.name or name):  # the edge is there, and something that it needs is not
                raise
            continue
        found |= {id(made): made for made in vars(module).values() if isinstance(made, APIRouter)}
    return list(found.values())


class Health(BaseModel):
    """What a monitor wants to know."""

    status: str
    version: str


def healthz(uow: Reading) -> Health:
    """Answer 200 where the database answers."""
    try:
        uow.db.execute(text("SELECT 1"))
    except Exception as error:
        raise Unavailable("The database does not answer.") from error
    return Health(status="ok", version=calcifer.__version__)


class Door:
    """Who belongs to a secret, for kit's gate."""

    def __init__(self, units: Units) -> None:
        """Look people up in `units`."""
        self._units = units
        self.may_wait = not units.database.is_sqlite

    def is_set_up(self) -> bool:
        """Say whether there is an owner."""
        with self._units.read(NOBODY) as uow:
            return accounts.is_set_up(uow.db)

    def by_session(self, secret: str) -> Identity | None:
        """Return whose browser this is."""
        now = self._units.clock()
        with self._units.database.looking() as connection:
            found = accounts.find_session(connection, secret, now)
        if found is None:
            return None
        seen = self._noting(accounts_service.seen_session, found) if found.is_due(now) else None
        return Identity(found.actor, BrowserSession.form_token(secret), seen)

    def by_token(self, secret: str) -> Identity | None:
        """Return whose program this is."""
        with self._units.database.looking() as connection:
            found = accounts.find_token(connection, secret)
        if found is None:
            return None
        seen = self._noting(accounts_service.seen_token, found) if found.is_due(self._units.clock()) else None
        return Identity(found.actor, None, seen)

    def _noting(self, write: Callable[[UnitOfWork, int], None], found: accounts.Vouched) -> Callable[[], None]:
        def note() -> None:
            with suppress(Unavailable), self._units.write(found.actor) as writing:
                write(writing, found.id)

        return note


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"token": []}]
        app.openapi_schema = schema
    return app.openapi_schema
