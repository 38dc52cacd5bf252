"""The table of what registries have: a cache, made anew by each check."""

from datetime import datetime
from typing import Any

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
    digests: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """By tag, of those that were asked for: digest and when it was told. Read them by `told`."""
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the registry answered last."""
    error: Mapped[str | None]
    """Why the last question had no answer."""
    mend: Mapped[str | None]
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    retry_at: Mapped[datetime | None] = mapped_column(Instant)
    """Until when the registry wants to be left alone."""

    @property
    def told(self) -> dict[str, tuple[str, datetime]]:
        """By tag, the digest and when it was told; one that was kept without its instant is not known any more."""
        kept = {tag: said for tag, said in self.digests.items() if isinstance(said, list)}
        return {tag: (digest, datetime.fromisoformat(at)) for tag, (digest, at) in kept.items()}

    @property
    def known(self) -> Known | None:
        """What is known of it, or None."""
        if self.tagged_at is None:
            return None
        return Known(self.tags, {tag: digest for tag, (digest, _) in self.told.items()}, self.asked)
