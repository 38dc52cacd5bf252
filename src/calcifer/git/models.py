"""Table of what was last seen of each repository: a cache, made anew by each refresh."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from calcifer.kit.db import Base, Instant


class RepositoryState(Base):
    """One repository as it was at `seen_at`."""

    __tablename__ = "git_states"

    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"), primary_key=True)
    main: Mapped[str | None]
    remote_main: Mapped[str | None]
    ahead: Mapped[int] = mapped_column(default=0)
    behind: Mapped[int] = mapped_column(default=0)
    has_origin: Mapped[bool] = mapped_column(default=False)
    remotes: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """Name → address without any password."""
    branch_count: Mapped[int] = mapped_column(default=0)
    stray_count: Mapped[int] = mapped_column(default=0)
    strays: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """The first branches without an open item: name, oid, ahead, behind, state, at."""
    edit_count: Mapped[int] = mapped_column(default=0)
    checkouts: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """Checkouts with uncommitted edits: path, branch, edits (number), names (the first)."""
    error: Mapped[str | None]
    """Why it could not be read."""
    seen_at: Mapped[datetime] = mapped_column(Instant)
    fetched_at: Mapped[datetime | None] = mapped_column(Instant)
    pushed_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def badges(self) -> list[str]:
        """Say in words what is to be said of it, the worst first; `clean` where nothing is."""
        if self.error:
            return ["broken"]
        words = {
            "diverged": self.ahead and self.behind,
            "dirty": self.edit_count,
            "ahead": self.ahead and not self.behind,
            "behind": self.behind and not self.ahead,
        }
        return [word for word, holds in words.items() if holds] or ["clean"]


@dataclass(frozen=True)
class Listed:
    """A repository as the lists of this domain have it, by its (first) service; `state` is None where nobody has looked yet."""

    service_id: int
    name: str
    path: str
    main_branch: str
    missing_since: datetime | None
    state: RepositoryState | None
    services: tuple[str, ...] = ()
    """The services that are in it, where these are several."""

    @property
    def badges(self) -> list[str]:
        """Say in words what is to be said of it, the worst first."""
        if self.missing_since is not None:
            return ["missing"]
        return ["unknown"] if self.state is None else self.state.badges
