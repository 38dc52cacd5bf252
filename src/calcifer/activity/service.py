"""The only place that adds to the activity."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from calcifer.activity.models import Entry
from calcifer.kit.uow import UnitOfWork

_ADD = insert(Entry)


@dataclass(frozen=True)
class Told:
    """Something that somebody did, of which git has told."""

    at: datetime
    actor: str
    verb: str
    subject: str
    service: str
    item_number: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)


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


def restore(uow: UnitOfWork, told: Iterable[Told]) -> None:
    """Add what only git has told, by the instants at which it happened; for a rebuild alone."""
    entries = [vars(one) for one in sorted(told, key=lambda one: one.at)]
    if entries:
        uow.db.connection().execute(_ADD, entries)
