"""Every SELECT on updates."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from calcifer.services.models import Service
from calcifer.updates.models import Image
from calcifer.work.models import Item


def list_images(session: Session, names: Collection[str] | None = None) -> dict[str, Image]:
    """Return what is known of images in registries, all of them or those of these names, by name."""
    query = select(Image)
    if names is None:
        return {row.name: row for row in session.scalars(query)}
    found: dict[str, Image] = {}
    wanted = sorted(names)
    for begin in range(0, len(wanted), 500):
        rows = session.scalars(query.where(Image.name.in_(wanted[begin : begin + 500])))
        found |= {row.name: row for row in rows}
    return found


def find_completed(session: Session, merge: str) -> Item | None:
    """Return the item that this merge commit completed, or None."""
    return session.scalars(select(Item).where(Item.merge == merge)).first()


def find_open(session: Session, service: str, beginning: str) -> int | None:
    """Return the number of an open item of a service whose title begins so, or None."""
    query = _titled(service, beginning).where(Item.state == "open").order_by(Item.number)
    number: int | None = session.scalars(query.limit(1)).first()
    return number


def was_dropped(session: Session, service: str, title: str) -> bool:
    """Say whether somebody gave an item of this title up."""
    query = _titled(service, title).where(Item.state == "dropped", Item.title == title)
    return session.scalars(query.limit(1)).first() is not None


def list_open(session: Session) -> list[tuple[str, str, int]]:
    """Return service, title and number of every open item that may update an image."""
    query = (
        select(Service.name, Item.title, Item.number)
        .join(Service, Service.id == Item.service_id)
        .where(Item.state == "open", Item.title.startswith("Update "), Item.is_parent.is_(False))
    )
    return [(service, title, number) for service, title, number in session.execute(query)]


def _titled(service: str, beginning: str) -> Select[Any]:
    return (
        select(Item.number)
        .join(Service, Service.id == Item.service_id)
        .where(Service.name == service, Item.title.startswith(beginning, autoescape=True))
    )
