"""The only place that makes the database, refs and checkouts move as one.

The row is written by the transaction that it belongs to. It says which refs then have to move, and which checkouts follow. Who
finds a row when taking the write lock knows that its writer died, and finishes the work: every step is a compare-and-swap or
finds itself done. A ref that somebody else has moved since is never forced: the row's `lost` handler is told instead.

A row may be found although its work was done and others have built on it (it was held, or a power cut took back its deletion,
which nobody waits for): that counts as done, too.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from calcifer.kit.db import Base, Instant
from calcifer.kit.errors import CalciferError, NotFound, Unavailable
from calcifer.kit.git import checkouts, worktrees
from calcifer.kit.git.moves import RefMove, prepared
from calcifer.kit.git.repository import HEADS, Repository

log = logging.getLogger("calcifer.journal")


class JournalRow(Base):
    """A promise that the database made on behalf of git and has not kept yet."""

    __tablename__ = "journal"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    plan: Mapped[str]
    held: Mapped[str | None]


@dataclass
class Following:
    """A checkout that has to go from one tree to another."""

    checkout: str
    old_tree: str
    new_tree: str


@dataclass
class RepositoryPlan:
    """What has to happen in one repository."""

    path: str
    moves: list[RefMove]
    following: list[Following] = field(default_factory=list)
    worktrees: list[tuple[str, str, str | None]] = field(default_factory=list)
    """To remove: path, where to keep what is in it, and the commit that its branch was at."""


@dataclass
class Plan:
    """What has to happen outside the database, and who is told if a ref was moved meanwhile (name of handler, argument)."""

    repositories: list[RepositoryPlan]
    lost: tuple[str, str] | None = None

    def dumps(self) -> str:
        """Return the plan as JSON."""
        return json.dumps(self, default=vars, separators=(",", ":"))

    @classmethod
    def loads(cls, text: str) -> "Plan":
        """Read what `dumps` wrote."""
        raw: dict[str, Any] = json.loads(text)
        repositories = [
            RepositoryPlan(
                r["path"],
                [RefMove(move["ref"], move["old"], move["new"]) for move in r["moves"]],
                [Following(**following) for following in r["following"]],
                [(path, keep, head[0] if head else None) for path, keep, *head in r["worktrees"]],
            )
            for r in raw["repositories"]
        ]
        return cls(repositories, tuple(raw["lost"]) if raw["lost"] else None)


@dataclass(frozen=True)
class Held:
    """A row that waits for somebody: since when, the sentence that says what holds it, and the repositories that it is about."""

    at: datetime
    held: str
    repositories: tuple[str, ...]


_ADD = insert(JournalRow)
_CLEAR = delete(JournalRow).where(JournalRow.id == bindparam("row_id"))
_HOLD = update(JournalRow).where(JournalRow.id == bindparam("row_id")).values(held=bindparam("why"))
_PENDING = select(JournalRow.id).where(JournalRow.held.is_(None)).order_by(JournalRow.id)
_HELD = (
    select(JournalRow.at, JournalRow.plan, JournalRow.held)
    .where(JournalRow.held.is_not(None))
    .order_by(JournalRow.id)
    .limit(bindparam("limit"))
)
_ALL = select(JournalRow.id).order_by(JournalRow.id)

Lost = Callable[[Session, str, str, datetime], None]


def planned(repositories: list[Repository], lost: tuple[str, str] | None, keep: Path) -> Plan:
    """Work out the plan for what `repositories` propose, and raise CheckoutInTheWay while nothing has happened yet."""
    return Plan([_planned(repository, keep) for repository in repositories], lost)


def _planned(repository: Repository, keep: Path) -> RepositoryPlan:
    plan = RepositoryPlan(str(repository.path), list(repository.moves.values()))
    leaving = set(repository.removed_worktrees)
    heads = {}
    for checkout in checkouts.checkouts(repository):
        move = repository.moves.get(HEADS + checkout.branch) if checkout.branch else None
        heads[checkout.path] = move.old if move else None
        if move is None or move.old is None or checkout.path in leaving:
            continue
        if move.new is None:
            raise checkouts.CheckoutInTheWay(
                f"The checkout {checkout.path} is on '{checkout.branch}', which this would delete.",
                mend=f"git -C {checkout.path} switch another branch, then repeat.",
            )
        checkouts.require_ready(checkout)
        changes = repository.changes(move.old, move.new)
        lost, same = checkouts.obstacles(checkout, changes)
        if not checkout.is_main and checkout.path not in repository.origins:
            # Somebody is at work there and would find the branch changed below the edits: refused, even if no path collides.
            lost = sorted({*lost, *(edit.path for edit in checkouts.edits(checkout))} - set(same))
        if lost:
            raise checkouts.in_the_way(checkout, lost)
        plan.following.append(Following(str(checkout.path), repository.tree_of(move.old), repository.tree_of(move.new)))
    for path in repository.removed_worktrees:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        plan.worktrees.append((str(path), str(keep / f"{path.parent.name}-{path.name}-{stamp}"), heads.get(path)))
    return plan


def write(session: Session, plan: Plan, at: datetime) -> int:
    """Add the row to the transaction that the plan belongs to, and return its id."""
    added = session.connection().execute(_ADD, {"at": at, "plan": plan.dumps()})
    key = added.inserted_primary_key
    assert key is not None
    return int(key[0])


def follow(plan: Plan) -> str | None:
    """Let checkouts follow and worktrees go; return the sentence about one that could not, or None."""
    held = None
    for repository in plan.repositories:
        for following in repository.following:
            try:
                with _told(repository.path):
                    _follow(Path(repository.path), following)
            except NotFound:
                continue  # the checkout is gone, or on another branch by now: nothing has to follow
            except CalciferError as error:
                held = error.message
        for path, keep, head in repository.worktrees:
            try:
                with _told(repository.path):
                    worktrees.remove_worktree(Path(repository.path), Path(path), Path(keep), head)
            except CalciferError as error:
                held = error.message
    return held


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Raise Unavailable for damage and for defects, too: one repository's must not stop every writer of the workspace."""
    try:
        yield
    except CalciferError:
        raise
    except Exception as error:
        log.exception("What was decided could not be brought to %s", path)
        words = f"What was decided could not be brought to {path}: {error}."
        raise Unavailable(words, mend=f"git -C {path} fsck says whether it is damaged; the log says more.") from error


def _follow(path: Path, following: Following) -> None:
    repository = Repository(path)
    found = next((c for c in checkouts.checkouts(repository) if str(c.path) == following.checkout), None)
    if found is None or found.branch is None:
        raise NotFound(f"The checkout {following.checkout} is not there any more.")
    checkouts.follow(repository, found, following.old_tree, following.new_tree)


def clear(connection: Connection, row_id: int, held: str | None) -> None:
    """Delete the row, or keep it with the sentence that says what holds it."""
    if held is None:
        connection.execute(_CLEAR, {"row_id": row_id})
    else:
        connection.execute(_HOLD, {"row_id": row_id, "why": held})


def pending(connection: Connection, *, with_held: bool) -> list[int]:
    """Return the ids of the rows that a writer left behind, oldest first."""
    return list(connection.scalars(_ALL if with_held else _PENDING))


def list_held(connection: Connection, *, limit: int = 1000) -> list[Held]:
    """Return what was decided and is not in git, or in a checkout, yet; oldest first."""
    rows = connection.execute(_HELD, {"limit": limit}).all()
    return [Held(at, why or "", tuple(part.path for part in Plan.loads(plan).repositories)) for at, plan, why in rows]


def replay(session: Session, row: JournalRow, handlers: Mapping[str, Lost], now: datetime) -> None:
    """Finish what a dead writer began; may be repeated after any step. The caller holds the write lock and commits."""
    plan = Plan.loads(row.plan)
    for part in plan.repositories:
        try:
            with _told(part.path):
                repository = Repository(Path(part.path))
                lost = _move_the_rest(repository, part.moves)
                gone_on = any(repository.tip(move.ref) != move.new for move in part.moves)
        except NotFound:
            lost, gone_on = [f"The repository {part.path} is gone."], True
        except CalciferError as error:
            # One repository that cannot be written (a lock that a power cut left) must not stop every writer of the workspace.
            clear(session.connection(), row.id, error.message)
            return
        if gone_on:  # a checkout may have, too: that is no reason to hold the row
            for following in part.following if not lost else ():
                with suppress(CalciferError), _told(part.path):
                    _follow(Path(part.path), following)
            part.following = []
        if lost:
            part.worktrees = []
            if plan.lost:
                handlers[plan.lost[0]](session, plan.lost[1], " ".join(lost), now)
    clear(session.connection(), row.id, follow(plan))


def _move_the_rest(repository: Repository, moves: list[RefMove]) -> list[str]:
    """Move the refs that are still where they were; return a sentence for each that is neither there nor came to where it should
    be, whether it is there still or has gone on.
    """
    tips = {move.ref: repository.tip(move.ref) for move in moves}
    arrived = {move.ref for move in moves if _is_in(repository, move.new, tips[move.ref])}
    lost = [
        f"'{move.ref.removeprefix(HEADS)}' in {repository.path.name} was moved by somebody else meanwhile."
        for move in moves
        if tips[move.ref] not in (move.old, move.new) and move.ref not in arrived and not (arrived and move.new is None)
    ]
    todo = [move for move in moves if tips[move.ref] == move.old and move.old != move.new]
    if todo and not lost:
        with prepared(repository.path, todo) as mover:
            mover.commit()
    return lost


def _is_in(repository: Repository, commit: str | None, tip: str | None) -> bool:
    return bool(commit and tip and repository.contains(tip, commit))
