"""Table of what was done; rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from calcifer.kit.db import Base, Instant


class Entry(Base):
    """One thing that somebody did."""

    __tablename__ = "activity"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[str]
    person_id: Mapped[int | None]
    verb: Mapped[str]
    subject: Mapped[str]
    """What it was done to, as text: `#42`, a service's name."""
    service: Mapped[str | None] = mapped_column(index=True)
    """The service that it concerns, if any."""
    item_number: Mapped[int | None] = mapped_column(index=True)
    """The work item that it concerns, if any."""
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Before and after, or what else says what was done; never a secret."""
    request_id: Mapped[str | None]
