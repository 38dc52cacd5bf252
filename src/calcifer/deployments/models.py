"""Tables of deployments: what was brought to which host, by whom, and how it ended; and what was seen when one looked."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from calcifer.kit.db import Base, Instant

UNFINISHED = ("pending", "running")
GOOD = "good"
WENT_BACK = ("returned", "cancelled")
"""After these the host has the version before, if it ever said that it had one."""


class Asked:
    """What somebody has asked to be done on a host, and what came of it: the columns that each kind of it has."""

    state: Mapped[str] = mapped_column(default="pending")
    runs: Mapped[int] = mapped_column(default=0)
    """How many runs on the host it has begun; they are named by it."""
    verdict: Mapped[str | None]
    """What was found of the containers at the end, in a sentence."""
    error: Mapped[str | None]
    """Why it is not as it was asked for, or why it is held."""
    mend: Mapped[str | None]
    actor_name: Mapped[str]
    person_id: Mapped[int | None]
    made_at: Mapped[datetime] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state not in UNFINISHED


class Deployment(Asked, Base):
    """One run: a commit of a service on its way to a host, and what came of it.

    `state` is pending, running; held, for somebody has to decide; good; returned, to the version before; failed; cancelled.
    """

    __tablename__ = "deployments"
    __table_args__ = (
        Index("ix_deployments_service_id_host_id", "service_id", "host_id", "id"),
        Index("ix_deployments_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Its number, over the workspace; notes of commits name it."""
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    host_id: Mapped[int] = mapped_column(ForeignKey("hosts.id"))
    target: Mapped[str]
    """The name of the environment."""
    kind: Mapped[str]
    """deploy or rollback."""
    directory: Mapped[str]
    project: Mapped[str] = mapped_column(default="")
    """The name of the compose project, as the host said it at the first deployment; it stays."""
    commit: Mapped[str]
    before: Mapped[str | None]
    """The commit that the host had, by its own word."""
    reason: Mapped[str] = mapped_column(default="")
    items: Mapped[list[int]] = mapped_column(JSON, default=list)
    """Numbers of the items that came with it: those between `before` and `commit`."""
    phase: Mapped[str] = mapped_column(default="plan")
    """plan, ship, start, verify, record."""
    outcome: Mapped[str | None]
    """What its state will be once that is on record."""
    is_returning: Mapped[bool] = mapped_column(default=False)
    """Whether it is on its way back to `before`, for what was asked for did not come into service."""
    is_cancelled: Mapped[bool] = mapped_column(default=False)
    """Whether somebody has asked for its end."""
    plan: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    images: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Service of the compose files → reference, id and digests of the image that it runs."""

    @property
    def version(self) -> str | None:
        """The commit that the host has after it, if it was good or went back."""
        return self.commit if self.state == GOOD else self.before

    @property
    def goal(self) -> str:
        """The commit that it is bringing now."""
        return self.before if self.is_returning and self.before else self.commit


class TrustedHook(Base):
    """A hook that an owner has read and allowed to run on the service's hosts; bound to its text and the files that it names."""

    __tablename__ = "deployments_trusted_hooks"
    __table_args__ = (Index("ix_deployments_trusted_hooks_key", "service_id", "digest", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    name: Mapped[str]
    """pre_deploy or post_deploy."""
    command: Mapped[str]
    digest: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)


class Look(Base):
    """The last look at one host."""

    __tablename__ = "looks"

    host_id: Mapped[int] = mapped_column(ForeignKey("hosts.id", ondelete="CASCADE"), primary_key=True)
    machine: Mapped[str]
    """Which machine that was: its pinned key, or where it is; another one may have taken the host's name since."""
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it was seen last; `content` is of this instant."""
    problems: Mapped[int] = mapped_column(default=0)
    """How many there were, hints left out."""
    content: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, deferred=True)
    """Problems and stacks, as `looking.judging` has them; never a value of an environment, a label or a command."""
    error: Mapped[str | None]
    """Why the last attempt saw nothing."""
    mend: Mapped[str | None]


class Operation(Asked, Base):
    """Containers that were started, stopped or restarted as they are; `state` is pending, running; done, failed."""

    __tablename__ = "operations"
    __table_args__ = (Index("ix_operations_service_id_host_id", "service_id", "host_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    host_id: Mapped[int] = mapped_column(ForeignKey("hosts.id"))
    target: Mapped[str]
    verb: Mapped[str]
    """start, stop or restart."""
    parts: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Services of the compose files; none where it is about all of them."""
