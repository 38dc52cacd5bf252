"""Every SELECT on operations: what was started, stopped and restarted."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from calcifer.deployments.models import UNFINISHED, Deployment, Operation
from calcifer.hosts.models import Host
from calcifer.kit.errors import NotFound
from calcifer.services.models import Service


class ListedOperation(NamedTuple):
    """An operation, with the names of what it is about."""

    row: Operation
    service: str
    host: str


def get_operation(session: Session, operation_id: int) -> ListedOperation:
    """Return one; NotFound where there is none."""
    query = select(Operation, Service.name, Host.name).join(Service, Service.id == Operation.service_id)
    found = session.execute(query.join(Host, Host.id == Operation.host_id).where(Operation.id == operation_id)).first()
    if found is None:
        raise NotFound(f"There is no operation {operation_id}.")
    return ListedOperation._make(found)


def list_operations(session: Session, service_id: int, host_id: int, *, limit: int) -> list[Operation]:
    """Return those of a service on a host, oldest first: up to the `limit` last ones."""
    query = select(Operation).where(Operation.service_id == service_id, Operation.host_id == host_id)
    return list(session.scalars(query.order_by(Operation.id.desc()).limit(limit)))[::-1]


def list_done(
    session: Session, there: Mapping[tuple[int, str], Deployment], host_id: int | None = None
) -> dict[tuple[int, str], list[Operation]]:
    """Return by service and host what was done since `there`, the deployments that are in service, ended; oldest first."""
    since = min((run.finished_at for run in there.values() if run.finished_at), default=None)
    if since is None:
        return {}
    query = select(Operation, Host.name).join(Host, Host.id == Operation.host_id).order_by(Operation.id)
    query = query.where(Operation.service_id.in_({service for service, _ in there}), Operation.state == "done")
    query = query.where(Operation.finished_at >= since)
    if host_id is not None:
        query = query.where(Operation.host_id == host_id)
    found: dict[tuple[int, str], list[Operation]] = {}
    for row, host in session.execute(query):
        found.setdefault((row.service_id, host), []).append(row)
    return found


def list_operated(session: Session, host_id: int) -> Sequence[int]:
    """Return the ids of the services of which something was started, stopped or restarted on a host."""
    return session.scalars(select(Operation.service_id).where(Operation.host_id == host_id).distinct()).all()


def list_unfinished(session: Session, service_id: int, host_id: int) -> tuple[Sequence[int], Sequence[int]]:
    """Return the numbers of deployments, and of operations, of a service on a host that have not ended."""
    found = [
        session.scalars(
            select(table.id).where(
                table.service_id == service_id, table.host_id == host_id, table.state.in_(UNFINISHED)
            )
        ).all()
        for table in (Deployment, Operation)
    ]
    return found[0], found[1]
