"""Runs: asked for, cancelled, decided, looked at."""

from typing import Annotated

from fastapi import Query, Request

from calcifer.deployments import matrix
from calcifer.deployments.api.routes import router
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.schemas import CellOut, DeploymentOut, LogOut, NewDeployment, NewRollback
from calcifer.deployments.service import logs, runs
from calcifer.kit.uow import UnitOfWork
from calcifer.kit.web import Id, Listing, Paging, Reading, Writing, paged

Name = Annotated[str, Query(max_length=200)]


@router.get("")
def list_deployments(uow: Reading, asked: Paging, service: Name = "", host: Name = "") -> Listing[DeploymentOut]:
    """List deployments, newest first: of a service, on a host, or all."""
    found = queries.list_deployments(uow.db, service=service, host=host, before=asked.after_id, limit=asked.limit + 1)
    rows, following = paged(found, asked, lambda one: [one.run.id])
    return Listing(items=[DeploymentOut.of(*row) for row in rows], next=following)


@router.get("/matrix")
def list_cells(uow: Reading, asked: Paging) -> Listing[CellOut]:
    """Tell which version of each service is on which host, and which items it is behind; a page has whole services."""
    found = matrix.cells(uow, after=asked.after_name, limit=asked.limit + 1)
    rows, following = paged(found, asked, lambda cells: [cells[0].service])
    return Listing(items=[cell for cells in rows for cell in cells], next=following)


@router.post("/deploy", status_code=202)
def deploy(uow: Writing, data: NewDeployment) -> DeploymentOut:
    """Bring a commit of a service into service on a host; how that goes is at `/api/v1/deployments/{id}`."""
    return _out(uow, runs.deploy(uow, data).id)


@router.post("/rollback", status_code=202)
def rollback(uow: Writing, data: NewRollback) -> DeploymentOut:
    """Bring back what was in service before."""
    return _out(uow, runs.rollback(uow, data).id)


@router.get("/{deployment_id}")
def get_deployment(uow: Reading, deployment_id: Id) -> DeploymentOut:
    """Tell of a deployment how far it is, or how it ended."""
    return _out(uow, deployment_id)


@router.get("/{deployment_id}/log")
def get_log(request: Request, uow: Reading, deployment_id: Id) -> LogOut:
    """Tell what was said on the host, run by run."""
    queries.get_deployment(uow.db, deployment_id)
    return LogOut(runs=logs.read(request.app.state.wiring.settings.var, deployment_id))


@router.post("/{deployment_id}/cancel", status_code=202)
def cancel(uow: Writing, deployment_id: Id) -> DeploymentOut:
    """End a deployment; where something has begun to change, by way of the version before."""
    return _out(uow, runs.cancel(uow, deployment_id).id)


@router.post("/{deployment_id}/proceed", status_code=202)
def proceed(uow: Writing, deployment_id: Id) -> DeploymentOut:
    """Let a held deployment go on: what was edited on the host is kept aside there, and replaced."""
    return _out(uow, runs.proceed(uow, deployment_id).id)


def _out(uow: UnitOfWork, deployment_id: int) -> DeploymentOut:
    return DeploymentOut.of(*queries.get_deployment(uow.db, deployment_id))
