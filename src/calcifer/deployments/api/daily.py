"""Day to day: what runs at a target, its logs, and what is done to it as it is."""

from typing import Annotated, Any

from fastapi import Query, Request

from calcifer.deployments import service
from calcifer.deployments.api.routes import router
from calcifer.deployments.daily import LogLines, LogWish, OperationOut, OperationWish, StateOut
from calcifer.deployments.models import Operation
from calcifer.deployments.queries import daily as queries
from calcifer.deployments.queries.runs import get_deployment
from calcifer.deployments.schemas import Place
from calcifer.deployments.service import live, reading
from calcifer.kit.uow import UnitOfWork
from calcifer.kit.web import Id, Reading, Writing
from calcifer.kit.web.streams import EventStream

STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Server-sent events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


@router.post("/restart", status_code=202)
def restart(uow: Writing, data: OperationWish) -> OperationOut:
    """Restart what runs at a target; how that goes is at `/api/v1/deployments/operations/{id}`."""
    return _out(uow, service.restart(uow, data))


@router.post("/stop", status_code=202)
def stop(uow: Writing, data: OperationWish) -> OperationOut:
    """Stop what runs at a target; it stays stopped until somebody starts or deploys it."""
    return _out(uow, service.stop(uow, data))


@router.post("/start", status_code=202)
def start(uow: Writing, data: OperationWish) -> OperationOut:
    """Start what was stopped at a target."""
    return _out(uow, service.start(uow, data))


@router.get("/operations/{operation_id}")
def get_operation(uow: Reading, operation_id: Id) -> OperationOut:
    """Tell how far it is, or how it ended."""
    return OperationOut.of(*queries.get_operation(uow.db, operation_id))


@router.get("/state")
def get_state(request: Request, wanted: Annotated[Place, Query()]) -> StateOut:
    """Ask the host what runs at a target."""
    parts = request.app.state.wiring
    return reading.state(parts.units, request.state.actor, parts.settings.var, wanted)


@router.get("/logs")
def get_logs(request: Request, wish: Annotated[LogWish, Query()]) -> LogLines:
    """Tell the last lines of the logs of a target, read from its host; nothing of them is kept."""
    parts = request.app.state.wiring
    return reading.logs(parts.units, request.state.actor, parts.settings.var, wish)[1]


@router.get("/logs/follow", status_code=200, response_class=EventStream, response_model=None, responses=STREAM)
def follow_logs(request: Request, wish: Annotated[LogWish, Query()]) -> EventStream:
    """Send lines of logs as they are written, until the reader leaves; an hour at most."""
    parts = request.app.state.wiring
    found = reading.followed(parts.units, request.state.actor, parts.settings.var, wish)
    return EventStream(reading.events(found, wish))


@router.get(
    "/{deployment_id}/follow", status_code=200, response_class=EventStream, response_model=None, responses=STREAM
)
def follow_deployment(request: Request, uow: Reading, deployment_id: Id) -> EventStream:
    """Send what a deployment says on its host, from the last 200 kB of each run on, and how far it is, until it has ended."""
    get_deployment(uow.db, deployment_id)
    parts = request.app.state.wiring
    return EventStream(live.events(parts.units, request.state.actor, parts.settings.var, deployment_id))


def _out(uow: UnitOfWork, row: Operation) -> OperationOut:
    return OperationOut.of(*queries.get_operation(uow.db, row.id))
