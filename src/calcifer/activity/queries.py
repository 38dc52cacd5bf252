"""Every SELECT on the activity."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from calcifer.activity.models import Entry


def list_entries(
    session: Session,
    *,
    service: str | None = None,
    item_number: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Return up to `limit` entries, newest first, older than the entry `before`."""
    query = select(Entry).order_by(Entry.id.desc()).limit(limit)
    if service is not None:
        query = query.where(Entry.service == service)
    if item_number is not None:
        query = query.where(Entry.item_number == item_number)
    if before is not None:
        query = query.where(Entry.id < before)
    return list(session.scalars(query))
