"""Every SELECT on runs."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from calcifer.deployments.models import GOOD, UNFINISHED, WENT_BACK, Deployment, TrustedHook
from calcifer.hosts.models import Host
from calcifer.kit.errors import NotFound
from calcifer.services.models import Service


class Listed(NamedTuple):
    """A run, with the names of what it is about."""

    run: Deployment
    service: str
    host: str


def _listing() -> Select[Deployment, str, str]:
    return (
        select(Deployment, Service.name, Host.name)
        .join(Service, Service.id == Deployment.service_id)
        .join(Host, Host.id == Deployment.host_id)
    )


def get_deployment(session: Session, deployment_id: int) -> Listed:
    """Return one; NotFound where there is none."""
    found = session.execute(_listing().where(Deployment.id == deployment_id)).first()
    if found is None:
        raise NotFound(f"There is no deployment {deployment_id}.")
    return Listed._make(found)


def list_deployments(
    session: Session, *, service: str = "", host: str = "", before: int | None = None, limit: int = 50
) -> list[Listed]:
    """Return up to `limit`, newest first, of a service or of all, on a host or on all."""
    query = _listing().order_by(Deployment.id.desc()).limit(limit)
    if service:
        query = query.where(Service.name == service)
    if host:
        query = query.where(Host.name == host)
    if before is not None:
        query = query.where(Deployment.id < before)
    return [Listed._make(found) for found in session.execute(query)]


def find_unfinished(session: Session, service_id: int, host_id: int) -> Deployment | None:
    """Return the one that is at work on a service on a host, or None."""
    here = select(Deployment).where(Deployment.service_id == service_id, Deployment.host_id == host_id)
    return session.scalars(here.where(Deployment.state.in_(UNFINISHED)).limit(1)).first()


def list_good(session: Session, service_id: int, host_id: int, *, limit: int = 50) -> Sequence[Deployment]:
    """Return those that came into service on a host, newest first."""
    here = select(Deployment).where(Deployment.service_id == service_id, Deployment.host_id == host_id)
    return session.scalars(here.where(Deployment.state == GOOD).order_by(Deployment.id.desc()).limit(limit)).all()


def find_good(session: Session, service_id: int, host_id: int, commit: str) -> Deployment | None:
    """Return the last one that brought a commit into service on a host, or None."""
    here = select(Deployment).where(Deployment.service_id == service_id, Deployment.host_id == host_id)
    here = here.where(Deployment.state == GOOD, Deployment.commit == commit)
    return session.scalars(here.order_by(Deployment.id.desc()).limit(1)).first()


def list_services_on(session: Session, host_id: int) -> list[str]:
    """Return the names of the services that were ever brought to a host."""
    query = select(Service.name).join(Deployment, Deployment.service_id == Service.id)
    return list(session.scalars(query.where(Deployment.host_id == host_id).distinct().order_by(Service.name)))


def find_latest(session: Session, service_id: int, host_id: int) -> Deployment | None:
    """Return the last one of a service to a host, whatever became of it, or None."""
    here = select(Deployment).where(Deployment.service_id == service_id, Deployment.host_id == host_id)
    return session.scalars(here.order_by(Deployment.id.desc()).limit(1)).first()


def next_number(session: Session) -> int:
    """Return the number of the next deployment; the caller holds the write lock."""
    return (session.scalar(select(func.max(Deployment.id))) or 0) + 1


def list_in_service(session: Session, service_ids: Collection[int]) -> dict[tuple[int, str], Deployment]:
    """Return by service and host the deployment that says which version is there: the last that was good, or went back."""
    went_back = and_(Deployment.state.in_(WENT_BACK), Deployment.before.is_not(None))
    known = select(func.max(Deployment.id)).where(Deployment.service_id.in_(service_ids))
    known = known.where(or_(Deployment.state == GOOD, went_back)).group_by(Deployment.service_id, Deployment.host_id)
    return {(run.service_id, host): run for run, _, host in session.execute(_listing().where(Deployment.id.in_(known)))}


def find_in_directory(session: Session, host_id: int, directory: str, but: int) -> str | None:
    """Return the name of a service other than `but` that was brought to a directory of a host, or None."""
    query = select(Service.name).join(Deployment, Deployment.service_id == Service.id)
    query = query.where(Deployment.host_id == host_id, Deployment.directory == directory, Deployment.service_id != but)
    return session.scalars(query.limit(1)).first()


def find_trust(session: Session, service_id: int, digest: str) -> str | None:
    """Return who has trusted this hook of a service, or None."""
    query = select(TrustedHook.by).where(TrustedHook.service_id == service_id, TrustedHook.digest == digest)
    return session.scalars(query).first()
