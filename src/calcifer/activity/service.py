"""The only place that adds to the activity."""

from typing import Any

from sqlalchemy import insert

from calcifer.activity.models import Entry
from calcifer.kit.uow import UnitOfWork

_ADD = insert(Entry)


def record(
    uow: UnitOfWork,
    verb: str,
    subject: str,
    *,
    service: str | None = None,
    item_number: int | None = None,
    **detail: Any,
) -> None:
    """Add an entry to this unit: what is recorded has happened, and what has happened is recorded."""
    values = {
        "at": uow.now,
        "actor": uow.actor.name,
        "person_id": uow.actor.person_id,
        "verb": verb,
        "subject": subject,
        "service": service,
        "item_number": item_number,
        "detail": detail,
        "request_id": uow.request_id,
    }
    uow.db.connection().execute(_ADD, values)  # not as an object: nobody changes it, and that costs five times as much
