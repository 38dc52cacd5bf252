"""The only place that opens the database: engine, transactions, column types.

Writes begin with `BEGIN IMMEDIATE` on SQLite, so that a transaction that reads first never fails later with "database is
locked". Reads run with `PRAGMA query_only` (SQLite) or `READ ONLY` (PostgreSQL): a page that writes fails its first test.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table; constraints are named, so that migrations can drop them on both engines."""

    metadata = MetaData(naming_convention=NAMING)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite keeps no zone, so it is put back on reading; a naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  (SQLAlchemy's interface)
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"{value!r} has no time zone"
            raise ValueError(message)
        return value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Read SQLite's text in one go: the way through both types takes three times as long, in a list 150 times."""
        return _instant if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  (as above)
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _instant(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(f"{stored}+00:00")


class Database:
    """One database by its SQLAlchemy URL; gives read-only and writing sessions."""

    def __init__(self, url: str) -> None:
        """Prepare the engine; nothing is opened until the first session."""
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            # Connections of its own for each: SQLite forgets every prepared statement where one is told to only read, or to write.
            self.engine, self.reader = _sqlite_engine(url, writes=True), _sqlite_engine(url, writes=False)
        else:
            self.engine = create_engine(url, pool_pre_ping=True)
            self.reader = self.engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
        self._settling = self.engine.execution_options(calcifer_synchronous="NORMAL")
        self.file = Path(self.url.database) if self.is_sqlite and self.url.database else None
        """The file of an SQLite database."""
        self._opened: tuple[int, int] | None = None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that cannot write; one consistent view of the data until it ends."""
        self._look()
        with Session(self.reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Open a connection that cannot write, for a question of one row: a session costs more than the answer."""
        self._look()
        with self.reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session whose first statement takes the write lock; the caller commits, anything else rolls back."""
        self._look()
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def settling(self) -> Iterator[Connection]:
        """Open a writing connection that commits at the end, which a power cut may take back: for what may then be done again.

        The next commit of a writing session makes it last. (On PostgreSQL it lasts at once.)
        """
        with self._settling.begin() as connection:
            yield connection

    def faults(self) -> list[str]:
        """Return what is wrong with the database itself, each as a sentence; nothing is changed, and no file is made."""
        if self.file is not None and not self.file.exists():
            return [f"There is no database at {self.file}."]
        try:
            with self.looking() as connection:
                if not self.is_sqlite:
                    connection.execute(text("SELECT 1"))
                    return []
                said = [str(line) for line in connection.scalars(text("PRAGMA integrity_check(20)"))]
        except DBAPIError as error:
            return [f"The database cannot be used: {error.orig}."]
        return [] if said == ["ok"] else [f"The database is damaged: {line}." for line in said]

    def orphans(self) -> list[str]:
        """Return a sentence for each table with rows that refer to rows which are not there; PostgreSQL has none, ever."""
        if not self.is_sqlite or self.faults():
            return []
        with self.looking() as connection:
            found = Counter((row[0], row[2]) for row in connection.execute(text("PRAGMA foreign_key_check")))
        return [f"{count} of {table} refer to {parent} that are not there." for (table, parent), count in found.items()]

    def copy_to(self, target: Path) -> None:
        """Write all of an SQLite database as it is at this instant into the file `target`, which must not exist; writers go on."""
        connection = self.engine.raw_connection()
        try:
            driver: Any = connection.driver_connection
            target.parent.mkdir(parents=True, exist_ok=True)
            driver.execute("VACUUM INTO ?", (str(target),))
        finally:
            connection.close()
        target.chmod(0o600)

    def shape(self) -> list[str]:
        """Return what says which version of a program an SQLite database is of: the statements of its tables, and its revision."""
        with self.looking() as connection:
            said = [
                str(line) for line in connection.scalars(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
            ]
            if any("alembic_version" in line for line in said):
                said += connection.scalars(text("SELECT version_num FROM alembic_version"))
        return sorted(said)

    def _look(self) -> None:
        """Let connections go where another file has taken the place of the one that they have open, as a rebuild does."""
        if self.file is None:
            return
        try:
            status = self.file.stat()
        except OSError:
            return
        there = (status.st_dev, status.st_ino)
        if self._opened not in {None, there}:
            self._dispose()
        self._opened = there

    def close(self) -> None:
        """Close every pooled connection."""
        self._dispose()

    def _dispose(self) -> None:
        self.reader.dispose()
        self.engine.dispose()


def _sqlite_engine(url: str, *, writes: bool) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 30})
    pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"]

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN is deferred and comes too late
        for pragma in pragmas if writes else (*pragmas, "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Straight to the driver: through SQLAlchemy these cost as much as a whole query, at every request twice.
        driver: Any = connection.connection.driver_connection
        if writes:
            synchronous = connection.get_execution_options().get("calcifer_synchronous", "FULL")
            driver.execute(f"PRAGMA synchronous={synchronous}")
        driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
