"""Every SELECT on looks."""

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from calcifer.deployments.models import Look
from calcifer.hosts.models import Host


def list_looks(session: Session, *, after: str | None = None, limit: int = 50) -> list[tuple[Host, Look | None]]:
    """Return up to `limit` hosts in use by name, each with its last look, whose content is left in the database."""
    query = select(Host, Look).outerjoin(Look, Look.host_id == Host.id).where(Host.replaced_at.is_(None))
    if after is not None:
        query = query.where(Host.name > after)
    return [(host, look) for host, look in session.execute(query.order_by(Host.name).limit(limit))]


def find_look(session: Session, host_id: int) -> Look | None:
    """Return the last look at a host with its content, or None."""
    return session.scalar(select(Look).where(Look.host_id == host_id).options(undefer(Look.content)))


def list_claims(session: Session, but: int) -> dict[str, list[str]]:
    """Return the addresses of their own that containers on other hosts than `but` have: host's name to addresses."""
    query = select(Host.name, Look.content["addresses"]).join(Look, Look.host_id == Host.id)
    rows = session.execute(query.where(Host.id != but, Host.replaced_at.is_(None)))
    return {name: list(found) for name, found in rows if found}
