"""The table of what registries have: a cache, made anew by each check."""

from datetime import datetime

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from calcifer.kit.db import Base, Instant
from calcifer.updates.choosing import Known


class Image(Base):
    """An image in its registry."""

    __tablename__ = "updates_images"

    name: Mapped[str] = mapped_column(primary_key=True)
    """Registry and repository: `docker.io/library/nginx`."""
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Those that are newer than one that was in use."""
    asked: Mapped[list[str]] = mapped_column(JSON, default=list)
    """The tags in use for which `tags` has what is newer."""
    etag: Mapped[str] = mapped_column(default="")
    tagged_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the registry told its tags last."""
    digests: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """By tag, of those that were asked for."""
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the registry answered last."""
    error: Mapped[str | None]
    """Why the last question had no answer."""
    mend: Mapped[str | None]
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    retry_at: Mapped[datetime | None] = mapped_column(Instant)
    """Until when the registry wants to be left alone."""

    @property
    def known(self) -> Known | None:
        """What is known of it, or None."""
        return None if self.tagged_at is None else Known(self.tags, self.digests, self.asked)
