"""The only place that commits: one request, command or job step is one `UnitOfWork`.

A writing unit holds the workspace's write lock from before its transaction begins until its checkouts have followed. Services read
and write objects in git at once, but only propose ref moves; at the end the moves are prepared (locked and compared) while the disk
takes the objects and the plan is made, the database commits with a journal row, the refs commit, checkouts follow, the row goes. A
unit that raises leaves nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from calcifer.kit import journal
from calcifer.kit.db import Database
from calcifer.kit.git.damage import told_of_any
from calcifer.kit.git.moves import Mover, Movers
from calcifer.kit.git.repository import Person, Repository
from calcifer.kit.locks import WriteLock


@dataclass(frozen=True)
class Actor:
    """Who acts: a name and a mail address that sign commits; `person_id` where they have an account; `role` for permissions."""

    name: str
    mail: str
    role: str = "owner"
    person_id: int | None = None

    @property
    def person(self) -> Person:
        """The same as git has it."""
        return Person(self.name, self.mail)


class Refs:
    """The repositories that a unit has opened, and what it proposes for their refs."""

    def __init__(self, movers: Movers | None = None) -> None:
        """Begin with none; a unit that writes takes one of `movers` at its first proposal, which waits for the end."""
        self._opened: dict[Path, Repository] = {}
        self._taken: dict[Path, Mover] = {}
        self._movers = movers
        self.lost: tuple[str, str] | None = None

    def open(self, path: Path) -> Repository:
        """Return the repository at `path`, the same object for the whole unit."""
        if path not in self._opened:
            self._opened[path] = Repository(path, self._take if self._movers else None)
        return self._opened[path]

    def _take(self, path: Path) -> None:
        assert self._movers
        self._taken[path] = self._movers.take(path)

    def mover(self, path: Path) -> Mover:
        """Return the process that moves the refs of the repository at `path`."""
        return self._taken[path]

    def close(self) -> None:
        """Let every process go; what was not committed has not happened."""
        for mover in self._taken.values():
            mover.abort()

    def paths(self) -> list[Path]:
        """Return where the repositories are that were opened."""
        return list(self._opened)

    def moved(self) -> list[Repository]:
        """Return the repositories for which something is proposed, by path: in this order they are locked."""
        return [repository for _, repository in sorted(self._opened.items()) if repository.moves]


@dataclass
class UnitOfWork:
    """What a service function gets: database session, repositories, actor, the instant that counts as now."""

    db: Session
    refs: Refs
    actor: Actor
    now: datetime
    request_id: str | None = None
    jobs: list[int] = field(default_factory=list)


Starter = Callable[[list[int]], None]


class Units:
    """Makes units of work over one database and the repositories beside it."""

    def __init__(
        self,
        database: Database,
        var: Path,
        *,
        lost: Mapping[str, journal.Lost] | None = None,
        on_step: Callable[[str], None] = lambda _: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Keep lock and kept files below `var`; `lost` maps names to handlers; `on_step` is told each step by name."""
        self.database = database
        self.clock = clock
        self.start_jobs: Starter = lambda _: None
        self._lock = WriteLock(var / "write.lock")
        self._keep = var / "backups" / "worktrees"
        self._lost = dict(lost or {})
        self._movers = Movers()
        self.on_step = on_step

    @contextmanager
    def read(self, actor: Actor) -> Iterator[UnitOfWork]:
        """Give a unit that cannot write; it waits for nobody."""
        refs = Refs()
        with self.database.reading() as session, told_of_any(refs.paths):
            yield UnitOfWork(session, refs, actor, self.clock())

    @contextmanager
    def write(self, actor: Actor, request_id: str | None = None) -> Iterator[UnitOfWork]:
        """Give a unit that commits when the block ends, and leaves nothing when it raises."""
        with self._lock:
            self.on_step("locked")
            with self._writing() as session, closing(Refs(self._movers)) as refs:
                uow = UnitOfWork(session, refs, actor, self.clock(), request_id)
                with told_of_any(refs.paths):
                    yield uow
                    self._commit(uow)
        if uow.jobs:
            self.start_jobs(uow.jobs)

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """Open a session once what a dead writer began is finished; nobody has died where the first look finds nothing."""
        with self.database.writing() as session:
            if not journal.pending(session.connection(), with_held=False):
                yield session
                return
        self._replay(with_held=False)
        with self.database.writing() as session:
            yield session

    def close(self) -> None:
        """Let go of database and processes."""
        self._movers.close()
        self.database.close()

    def replay(self) -> None:
        """Finish what died writers began, held rows included; called at start and on request."""
        with self._lock:
            self._replay(with_held=True)

    def _replay(self, *, with_held: bool) -> None:
        with self.database.looking() as connection:
            waiting = journal.pending(connection, with_held=with_held)
        for row_id in waiting:
            with self.database.writing() as session:
                row = session.get(journal.JournalRow, row_id)
                if row is not None:
                    journal.replay(session, row, self._lost, self.clock())
                session.commit()

    def _commit(self, uow: UnitOfWork) -> None:
        moved = uow.refs.moved()
        movers = [uow.refs.mover(repository.path) for repository in moved]
        for mover, repository in zip(movers, moved, strict=True):
            mover.begin(list(repository.moves.values()))  # git locks and compares while the rest is worked out
        uow.db.flush()
        if not moved:
            uow.db.commit()
            return
        plan = journal.planned(moved, uow.refs.lost, self._keep)
        self.on_step("planned")
        row_id = journal.write(uow.db, plan, uow.now)
        for repository in moved:
            repository.flush()
        for mover in movers:
            mover.prepared()
        self.on_step("prepared")
        uow.db.commit()
        self.on_step("database committed")
        for mover in movers:
            mover.commit()
            self.on_step("refs committed")
        held = journal.follow(plan)
        self.on_step("followed")
        with self.database.settling() as connection:
            journal.clear(connection, row_id, held)
        self.on_step("cleared")
