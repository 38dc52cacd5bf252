"""Every SELECT on the catalog."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from calcifer.kit.errors import NotFound
from calcifer.services.models import Service


def find_service(session: Session, name: str) -> Service | None:
    """Return the service of this name, or None."""
    return session.scalar(select(Service).where(Service.name == name))


def get_service(session: Session, name: str) -> Service:
    """Return the service of this name; NotFound where there is none."""
    service = find_service(session, name)
    if service is None:
        raise NotFound(f"There is no service '{name[:100]}'.")
    return service


def list_names(session: Session) -> list[str]:
    """Return the name of every service, in order."""
    return list(session.scalars(select(Service.name).order_by(Service.name)))


def find_service_at(session: Session, path: str) -> Service | None:
    """Return the service whose repository is at this absolute path, or None."""
    return session.scalar(select(Service).where(Service.path == path))
