"""Which version of each service is on which host, and which completed items it is behind: read from rows and repositories alone."""

from collections.abc import Iterator
from pathlib import Path

from calcifer.deployments import coming, resting, targets
from calcifer.deployments.models import Deployment, Operation
from calcifer.deployments.queries import daily
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.schemas import CellOut
from calcifer.kit.errors import CalciferError
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as services
from calcifer.services.models import Service


def cells(uow: UnitOfWork, *, after: str | None = None, limit: int = 50) -> list[list[CellOut]]:
    """Return the targets of up to `limit` services that have some, by name."""
    found = services.list_with_targets(uow.db, after=after, limit=limit)
    ids = [service.id for service in found]
    there = queries.list_in_service(uow.db, ids)
    done = daily.list_done(uow.db, there)
    return [list(_of(uow, service, there, done)) for service in found]


def _of(
    uow: UnitOfWork,
    service: Service,
    there: dict[tuple[int, str], Deployment],
    done: dict[tuple[int, str], list[Operation]],
) -> Iterator[CellOut]:
    for target in targets.of(service):
        run = there.get((service.id, target.host))
        version = run.version if run else None
        state, items = _standing(uow, service, version)
        parts = run.images if run else {}
        still = resting.stopped(done.get((service.id, target.host), ()), parts, run.finished_at if run else None)
        yield CellOut(
            service=service.name,
            target=target.name,
            host=target.host,
            state=state,
            commit=version,
            main=service.head,
            items=items,
            deployment=run.id if run else None,
            by=run.actor_name if run else None,
            at=run.finished_at if run else None,
            is_stopped=bool(still) and parts.keys() <= still.keys(),
            stopped=resting.sentence(still, parts),
        )


def _standing(uow: UnitOfWork, service: Service, version: str | None) -> tuple[str, list[int]]:
    if version is None:
        return "never", []
    if service.head is None or version == service.head:
        return "current", []
    try:
        repository = uow.refs.open(Path(service.path))
        if not repository.has(version) or not repository.contains(service.head, version):
            return "elsewhere", []
        return "behind", coming.items(repository, version, service.head, service.folder)
    except CalciferError:  # its repository is not there, or is damaged: that is told elsewhere
        return "unknown", []
