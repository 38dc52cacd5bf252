"""Day to day: one target with what runs there, its logs, and what is done to it as it is."""

from typing import Annotated, Any

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from calcifer.accounts.permissions import may
from calcifer.deployments import service
from calcifer.deployments.daily import LogWish, OperationOut, OperationWish
from calcifer.deployments.models import Operation
from calcifer.deployments.pages.routes import router
from calcifer.deployments.queries import daily as queries
from calcifer.deployments.queries import runs
from calcifer.deployments.schemas import Place
from calcifer.deployments.service import reading
from calcifer.deployments.service.daily import there
from calcifer.kit.schemas import checked
from calcifer.kit.uow import UnitOfWork
from calcifer.kit.web import Reading, Writing, page, to

Name = Annotated[str, Query(max_length=200)]
Field = Annotated[str, Form()]
Fields = Annotated[list[str] | None, Form()]
SHOWN = 10


@router.get("/target")
def target(request: Request, uow: Reading, service: Name = "", to: Name = "") -> HTMLResponse:
    """Show a service at a target, from what is known here; what runs there is asked by another request."""
    found = there(uow, checked(Place, service=service, to=to or None), request.app.state.wiring.settings.var)
    rows = runs.list_deployments(uow.db, service=service, host=found.aim.name, limit=SHOWN)
    done = queries.list_operations(uow.db, found.service_id, rows[0].run.host_id, limit=SHOWN)[::-1] if rows else []
    said: dict[str, Any] = {
        "one": reading.told(found, []),
        "is_deployed": bool(found.project),
        "rows": rows,
        "operations": done,
    }
    choices = [(part, part) for part in found.parts]
    is_busy = found.is_busy or (bool(done) and not done[0].is_finished)
    may_deploy = may(uow.actor, "deployments.deploy")
    return page(request, "deployments/target.html", **said, choices=choices, is_busy=is_busy, may_deploy=may_deploy)


@router.get("/state")
def state(request: Request, service: Name = "", to: Name = "") -> HTMLResponse:
    """Ask the host what runs at a target, and show it."""
    parts = request.app.state.wiring
    wanted = checked(Place, service=service, to=to or None)
    found = reading.state(parts.units, request.state.actor, parts.settings.var, wanted)
    return page(request, "deployments/state.html", one=found)


@router.get("/logs")
def logs(
    request: Request,
    service: Name = "",
    to: Name = "",
    part: Name = "",
    since: Name = "",
    tail: Name = "200",
    text: Name = "",
) -> HTMLResponse:
    """Show the last lines of the logs of a target; a browser with scripts can follow them."""
    parts = request.app.state.wiring
    wish = checked(
        LogWish, service=service, to=to or None, parts=[part] if part else [], since=since, tail=tail or 200, text=text
    )
    found, said = reading.logs(parts.units, request.state.actor, parts.settings.var, wish)
    return page(request, "deployments/logs.html", wish=wish, part=part, found=found, said=said)


@router.post("/restart", again="deployments.target")
def restart(
    request: Request, uow: Writing, service_name: Field = "", to_target: Field = "", parts: Fields = None
) -> RedirectResponse:
    """Restart what runs at a target."""
    return _asked(request, uow, service.restart(uow, _wish(service_name, to_target, parts)))


@router.post("/stop", again="deployments.target")
def stop(
    request: Request, uow: Writing, service_name: Field = "", to_target: Field = "", parts: Fields = None
) -> RedirectResponse:
    """Stop what runs at a target."""
    return _asked(request, uow, service.stop(uow, _wish(service_name, to_target, parts)))


@router.post("/start", again="deployments.target")
def start(
    request: Request, uow: Writing, service_name: Field = "", to_target: Field = "", parts: Fields = None
) -> RedirectResponse:
    """Start what was stopped at a target."""
    return _asked(request, uow, service.start(uow, _wish(service_name, to_target, parts)))


def _wish(name: str, target: str, parts: list[str] | None) -> OperationWish:
    return checked(OperationWish, service=name, to=target or None, parts=[part for part in parts or [] if part])


def _asked(request: Request, uow: UnitOfWork, row: Operation) -> RedirectResponse:
    found = OperationOut.of(*queries.get_operation(uow.db, row.id))
    say = {"restart": "It is being restarted.", "stop": "It is being stopped.", "start": "It is being started."}
    return to(request, "deployments.target", service=found.service, to=found.target, say=say[found.verb])
