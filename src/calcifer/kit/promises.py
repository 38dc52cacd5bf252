"""The only place for the table of jobs: what was promised, who runs it, how it ended. The row is the promise.

A row is written by the unit that promises it and taken by exactly one runner: `UPDATE … WHERE state = 'pending'`, row count 1. Of
one name and subject one row runs at a time. The result is small and never holds a secret.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import JSON, Index, bindparam, delete, exists, func, select, update
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from calcifer.kit.db import Base, Instant
from calcifer.kit.errors import CalciferError, Conflict, Forbidden, Invalid, NotFound, Unavailable
from calcifer.kit.rows import insert_new
from calcifer.kit.uow import Actor, UnitOfWork

STATES = ("pending", "running", "done", "failed")
BACK_OFF_SECONDS = (5, 30, 120, 600, 1800)
"""How long a job waits after each attempt that found something unavailable; after the last it has failed."""
KEPT = timedelta(days=30)
_KINDS: dict[str, type[CalciferError]] = {
    kind.__name__: kind for kind in (NotFound, Forbidden, Invalid, Conflict, Unavailable)
}


class JobRow(Base):
    """One job: `name` says what is to be done, `subject` to what."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_state_due_at", "state", "due_at"),
        Index("ix_jobs_name_subject", "name", "subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    """`domain.verb`, as its handler is registered."""
    subject: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    runner: Mapped[str | None]
    """Who has it: "server", or the name of the lock file that a command holds."""
    progress: Mapped[str | None]
    error: Mapped[str | None]
    """The sentence about the last attempt, where that failed."""
    error_kind: Mapped[str | None]
    mend: Mapped[str | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    actor_name: Mapped[str]
    actor_mail: Mapped[str]
    actor_role: Mapped[str]
    person_id: Mapped[int | None]
    made_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    """Not before this instant."""
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def actor(self) -> Actor:
        """Who promised it."""
        return Actor(self.actor_name, self.actor_mail, self.actor_role, self.person_id)

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in {"done", "failed"}

    @property
    def failure(self) -> CalciferError | None:
        """The error that the last attempt ended with, or None."""
        if self.error is None:
            return None
        return _KINDS.get(self.error_kind or "", CalciferError)(self.error, mend=self.mend)


class JobOut(BaseModel):
    """A job as programs and templates see it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str = Field(examples=["git.push"])
    subject: str = Field(examples=["wireguard-vpn"])
    state: str = Field(description="pending, running, done or failed.", examples=["done"])
    attempts: int
    progress: str | None = Field(description="How far it is, while it runs.")
    error: str | None = Field(description="What was wrong at the last attempt.")
    mend: str | None = Field(description="The command or step that resolves it.")
    result: dict[str, Any] | None
    made_at: datetime
    due_at: datetime = Field(description="Not before this instant; later than now where it is tried again.")
    started_at: datetime | None
    finished_at: datetime | None


_WAITING = (
    select(JobRow)
    .where(JobRow.name == bindparam("name"), JobRow.subject == bindparam("subject"), JobRow.state == "pending")
    .order_by(JobRow.id)
)


def promise(uow: UnitOfWork, name: str, subject: str) -> JobRow:
    """Promise within this unit that the job `name` will be done to `subject`; it starts after the commit.

    Where the same is promised already and does not run yet, that row is returned, due at once.
    """
    with uow.db.no_autoflush:  # rows of jobs alone count, and new ones are written at once
        found = uow.db.scalars(_WAITING, {"name": name, "subject": subject}).first()
    row = found or JobRow(name=name, subject=subject, made_at=uow.now, state="pending", attempts=0)
    actor = uow.actor
    row.due_at = uow.now  # `attempts` stays: workflows are named by it, and each runs once
    row.actor_name, row.actor_mail, row.actor_role, row.person_id = actor.name, actor.mail, actor.role, actor.person_id
    if found is None:
        insert_new(uow.db, [row])  # the id is known from here on
    if row.id not in uow.jobs:
        uow.jobs.append(row.id)
    return row


def claim(session: Session, row_id: int, runner: str, now: datetime) -> JobRow | None:
    """Take a row for `runner`; None where somebody else has it, or the same job runs. The caller holds the write lock."""
    other = aliased(JobRow)
    same = exists().where(other.name == JobRow.name, other.subject == JobRow.subject, other.state == "running")
    taken = session.execute(
        update(JobRow)
        .where(JobRow.id == row_id, JobRow.state == "pending", ~same)
        .values(state="running", runner=runner, attempts=JobRow.attempts + 1, started_at=now, progress=None)
        .execution_options(synchronize_session=False)
        .returning(JobRow.id)
    ).scalar()
    return None if taken is None else session.get(JobRow, row_id, populate_existing=True)


def end(row: JobRow, now: datetime, result: dict[str, Any] | None) -> None:
    """Note that `row` is done."""
    row.state, row.finished_at, row.result, row.progress = "done", now, result, None
    row.error = row.error_kind = row.mend = None


def fail(row: JobRow, now: datetime, error: CalciferError) -> None:
    """Note how an attempt failed: what was unavailable is tried again after a while, anything else is final."""
    _note(row, error)
    if isinstance(error, Unavailable) and row.attempts <= len(BACK_OFF_SECONDS):
        put_back(row, now + timedelta(seconds=BACK_OFF_SECONDS[max(row.attempts, 1) - 1]))
    else:
        row.state, row.finished_at = "failed", now


def put_back(row: JobRow, due_at: datetime) -> None:
    """Let somebody take `row` again."""
    row.state, row.runner, row.due_at = "pending", None, due_at


def _note(row: JobRow, error: CalciferError) -> None:
    row.error, row.mend, row.progress = error.message, error.mend, None
    row.error_kind = next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _KINDS), None)


def prune(session: Session, now: datetime) -> None:
    """Forget what ended a month ago."""
    session.execute(delete(JobRow).where(JobRow.state.in_(("done", "failed")), JobRow.finished_at < now - KEPT))


# -- queries ------------------------------------------------------------------------------------------------------------


def get_job(session: Session, row_id: int) -> JobRow:
    """Return the job; NotFound where there is none."""
    row = session.get(JobRow, row_id)
    if row is None:
        raise NotFound(f"There is no job {row_id}.")
    return row


def find_latest(session: Session, name: str, subject: str) -> JobRow | None:
    """Return what was promised last by this name and subject, or None."""
    query = select(JobRow).where(JobRow.name == name, JobRow.subject == subject).order_by(JobRow.id.desc())
    return session.scalars(query.limit(1)).first()


def find_ahead(session: Session, row: JobRow) -> JobRow | None:
    """Return the job of the same name and subject that runs, or did when its runner died, and that `row` therefore waits for."""
    if row.state != "pending":
        return None
    query = select(JobRow).where(JobRow.state == "running", JobRow.name == row.name, JobRow.subject == row.subject)
    return session.scalars(query.limit(1)).first()


def list_jobs(session: Session, *, prefix: str = "", finished: bool | None = None, limit: int = 50) -> list[JobRow]:
    """Return up to `limit` jobs whose name begins with `prefix`, newest first."""
    query = select(JobRow).order_by(JobRow.id.desc()).limit(limit)
    if prefix:
        query = query.where(JobRow.name.startswith(prefix, autoescape=True))
    if finished is not None:
        ended = JobRow.state.in_(("done", "failed"))
        query = query.where(ended if finished else ~ended)
    return list(session.scalars(query))


def list_running(session: Session) -> list[JobRow]:
    """Return what somebody has taken, oldest first."""
    return list(session.scalars(select(JobRow).where(JobRow.state == "running").order_by(JobRow.id)))


def list_unfinished_among(session: Session, ids: Iterable[int]) -> set[int]:
    """Return those of `ids` that are jobs which have not ended."""
    query = select(JobRow.id).where(JobRow.id.in_(list(ids)), JobRow.state.in_(("pending", "running")))
    return set(session.scalars(query))


def list_due(session: Session, now: datetime, limit: int) -> list[int]:
    """Return the ids of up to `limit` rows that wait to be taken, longest due first; not those whose like runs."""
    other = aliased(JobRow)
    same = exists().where(other.name == JobRow.name, other.subject == JobRow.subject, other.state == "running")
    query = select(JobRow.id).where(JobRow.state == "pending", JobRow.due_at <= now, ~same)
    return list(session.scalars(query.order_by(JobRow.due_at, JobRow.id).limit(limit)))


def next_due_at(session: Session, now: datetime) -> datetime | None:
    """Return when the next row that is not due yet becomes so."""
    return session.scalar(select(func.min(JobRow.due_at)).where(JobRow.state == "pending", JobRow.due_at > now))
