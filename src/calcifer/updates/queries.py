"""Every SELECT on updates."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from calcifer.services.models import Service
from calcifer.updates import taken
from calcifer.updates.models import Image
from calcifer.updates.taken import MARK, Taken
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


def list_taken(session: Session, state: str, service: str | None = None) -> list[Taken]:
    """Return the items in a state that take an update, of one service or of all."""
    query = (
        select(Service.name, Item.number, Item.author_mail, Item.notes, Item.reason)
        .join(Service, Service.id == Item.service_id)
        .where(Item.state == state, or_(Item.notes.contains(MARK), Item.reason.contains(MARK)))
        .order_by(Item.number)
    )
    if service is not None:
        query = query.where(Service.name == service)
    return [
        Taken(name, *found, number, mail)
        for name, number, mail, *texts in session.execute(query)
        if (found := taken.read(*texts))
    ]
