"""Tables of work: an index of what lies in git (`refs/calcifer/items/*`, branches and records), but for runs and trust."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from calcifer.kit.db import Base, Instant
from calcifer.services.models import Service

STATES = ("open", "completed", "dropped")
CATEGORIES = ("service", "platform_feature", "integration", "documentation")
ACTIONS = ("new", "change", "fix")
TITLES = {
    "service": "Service",
    "platform_feature": "Platform Feature",
    "integration": "Integration",
    "documentation": "Documentation",
}


@cache
def kind_of(category: str, action: str) -> str:
    """Return category and action as people read them: "Service Change"."""
    return f"{TITLES[category]} {action.title()}"


class ChecklistEntry(Base):
    """One line of an item's checklist."""

    __tablename__ = "work_checklist"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_number: Mapped[int] = mapped_column(ForeignKey("work_items.number"), index=True)
    position: Mapped[int]
    text: Mapped[str]
    done_by: Mapped[str | None]
    done_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def done(self) -> bool:
        """Whether it is ticked."""
        return self.done_at is not None


class Waiver(Base):
    """A rule that somebody let pass for one head commit, with the reason; a new commit voids it."""

    __tablename__ = "work_waivers"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_number: Mapped[int] = mapped_column(ForeignKey("work_items.number"), index=True)
    rule: Mapped[str]
    head: Mapped[str]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)


class ReachApproval(Base):
    """What a version reaches of a host, allowed by the host's owner; bound to a digest of exactly that (`work/reach.py`)."""

    __tablename__ = "work_reach_approvals"
    __table_args__ = (Index("ix_work_reach_approvals_key", "service_id", "host", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    item_number: Mapped[int] = mapped_column(ForeignKey("work_items.number"), index=True)
    """The item whose record tells of it."""
    host: Mapped[str]
    """By its name: another machine that takes the name takes this with it."""
    digest: Mapped[str]
    facts: Mapped[list[str]] = mapped_column(JSON)
    """A line for each thing that was allowed, as it was read."""
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)


class Item(Base):
    """One tracked change. `number` counts over the whole workspace and is never used again."""

    __tablename__ = "work_items"
    __table_args__ = (
        Index("ix_work_items_state_number", "state", "number"),
        Index("ix_work_items_service_state_number", "service_id", "state", "number"),
        Index("ix_work_items_parent", "parent_number"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str]
    reason: Mapped[str]
    category: Mapped[str]
    action: Mapped[str]
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    state: Mapped[str] = mapped_column(default="open")
    branch: Mapped[str | None]
    """`work/<number>-<slug>`; None for a parent. A new title does not change it."""
    is_parent: Mapped[bool] = mapped_column(default=False)
    parent_number: Mapped[int | None] = mapped_column(ForeignKey("work_items.number"))
    reverts: Mapped[int | None]
    """The item that this one takes back."""
    is_express: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str] = mapped_column(default="")
    docs_reason: Mapped[str] = mapped_column(default="")
    """Why no document had to change although facts did."""
    author: Mapped[str]
    author_mail: Mapped[str]
    assignee: Mapped[str | None]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_by: Mapped[str | None]
    merge: Mapped[str | None]
    """The merge commit on main that completed it."""
    head: Mapped[str | None]
    """Cache: the branch's commit when Calcifer last looked."""
    notice: Mapped[str | None]
    """What happened to it behind its back, until somebody edits it."""
    revision: Mapped[int] = mapped_column(default=1)
    """Counts edits; the ETag."""

    service: Mapped[Service] = relationship(lazy="raise")
    checklist: Mapped[list[ChecklistEntry]] = relationship(
        order_by=ChecklistEntry.position, cascade="all, delete-orphan", lazy="raise"
    )
    waivers: Mapped[list[Waiver]] = relationship(order_by=Waiver.id, cascade="all, delete-orphan", lazy="raise")

    @property
    def kind(self) -> str:
        """Category and action as people read them: "Service Change"; a parent spans services."""
        return kind_of(self.category, self.action)

    @property
    def service_name(self) -> str:
        """The name of its service."""
        return self.service.name

    @property
    def ref(self) -> str:
        """The ref that holds what an open or dropped item says."""
        return f"refs/calcifer/items/{self.number}"

    @property
    def dropped_ref(self) -> str:
        """Where the branch's commits are kept while the item is dropped."""
        return f"refs/dropped/{self.number}"

    @property
    def fragment(self) -> str:
        """The path of its change entry on the branch."""
        return self.service.within(f"changes.d/{self.number}.md")


class Stray(Base):
    """A commit on main that no completion brought in, listed until an item answers for it."""

    __tablename__ = "work_strays"
    __table_args__ = (Index("ix_work_strays_service_oid", "service_id", "oid", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    oid: Mapped[str]
    subject: Mapped[str]
    author: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    item_number: Mapped[int | None] = mapped_column(ForeignKey("work_items.number"))

    service: Mapped[Service] = relationship(lazy="raise")


class TrustedCommand(Base):
    """A `verify` command that a maintainer has read and allowed to run on this machine; bound to its exact text."""

    __tablename__ = "work_trusted_commands"

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), index=True)
    command: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)


class Verification(Base):
    """One run of a service's `verify` command on one tree; cached by both."""

    __tablename__ = "work_verifications"
    __table_args__ = (Index("ix_work_verifications_key", "service_id", "tree", "command"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    item_number: Mapped[int] = mapped_column(ForeignKey("work_items.number"))
    tree: Mapped[str]
    command: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    """`waiting`, `passed`, `failed` or `broken` (it could not be run, or did not end in time)."""
    output: Mapped[str] = mapped_column(default="")
    """The end of what it printed, at most 20,000 characters."""
    exit_code: Mapped[int | None]
    seconds: Mapped[float | None]
    asked_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
