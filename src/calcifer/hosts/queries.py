"""Every SELECT on hosts."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from calcifer.hosts.models import Host
from calcifer.kit.errors import NotFound


def list_hosts(session: Session, *, after: str | None = None, limit: int = 50) -> list[Host]:
    """Return up to `limit` hosts by name, replaced ones included, beginning after the name `after`."""
    query = select(Host).order_by(Host.name).limit(limit)
    if after is not None:
        query = query.where(Host.name > after)
    return list(session.scalars(query))


def list_all(session: Session) -> list[Host]:
    """Return every host, replaced ones included, by name."""
    return list(session.scalars(select(Host).order_by(Host.name)))


def list_present(session: Session) -> list[Host]:
    """Return the hosts that are not replaced, by name."""
    return list(session.scalars(select(Host).where(Host.replaced_at.is_(None)).order_by(Host.name)))


def find_host(session: Session, name: str) -> Host | None:
    """Return the host of this name, or None."""
    return session.scalars(select(Host).where(Host.name == name)).one_or_none()


def get_host(session: Session, name: str) -> Host:
    """Return the host of this name; NotFound where there is none."""
    found = find_host(session, name)
    if found is None:
        raise NotFound(f"There is no host '{name[:100]}'.", mend="calcifer hosts list")
    return found


def find_at(session: Session, target: str) -> Host | None:
    """Return the host in use that is at `target` (empty: this machine), or None."""
    query = select(Host).where(Host.target == target, Host.replaced_at.is_(None)).order_by(Host.id)
    return session.scalars(query).first()


def list_names(session: Session) -> set[str]:
    """Return every name that is taken."""
    return set(session.scalars(select(Host.name)))
