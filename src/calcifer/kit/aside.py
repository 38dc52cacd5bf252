"""The only place that keeps a database aside and puts another one in its place.

What is kept is an SQLite file, whatever the engine. The new database is made as an SQLite file, too. On SQLite it takes its place
by a rename; on PostgreSQL its rows take the place of those there in one transaction.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from calcifer.kit.db import Base, Database
from calcifer.kit.errors import Unavailable

PATIENCE_SECONDS = 10.0
AT_ONCE = 5000
BESIDE = ("-wal", "-shm", "-journal")
Row = dict[str, Any]
Step = Callable[[str], None]


def place(database: Database, var: Path) -> Path:
    """Return where the new database is made: beside the one whose place it takes, for only there a rename is one step."""
    return Path(f"{database.url.database}.new") if database.is_sqlite else var / "calcifer.new"


def is_there(database: Database) -> bool:
    """Say whether there is anything to keep."""
    return not database.is_sqlite or Path(database.url.database or "").exists()


def clean(made: Path) -> None:
    """Remove what a rebuild that died has left."""
    for suffix in ("", *BESIDE):
        Path(f"{made}{suffix}").unlink(missing_ok=True)


def rows(connection: Connection, table: Table) -> list[Row]:
    """Return every row of a table, of the columns that it is known to have."""
    return [dict(row) for row in connection.execute(select(table)).mappings()]


def add(connection: Connection, table: Table, values: Iterable[Row]) -> int:
    """Insert rows as they are, and return how many."""
    wanted = list(values)
    for at in range(0, len(wanted), AT_ONCE):
        connection.execute(insert(table), wanted[at : at + AT_ONCE])
    return len(wanted)


def settle(database: Database) -> None:
    """Bring all of an SQLite database into its one file and close it; raises Unavailable where somebody is reading it."""
    if not database.is_sqlite:
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with database.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            is_busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if not is_busy:
            break
        if time.monotonic() > deadline:
            raise Unavailable(
                f"Another program is reading {database.url.database}.", mend="Wait until it has ended, then repeat."
            )
        time.sleep(0.05)
    database.close()
    _flush(Path(database.url.database or ""))


def keep(database: Database, folder: Path, name: str = "calcifer.sqlite") -> Path:
    """Keep what is there in `folder`, which has no such file yet, as an SQLite file, and return that."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / name
    if database.is_sqlite:
        there = Path(database.url.database or "")
        with suppress(DBAPIError):  # it is damaged: then all of its files are kept as they are
            settle(database)
        database.close()
        for suffix in ("", *BESIDE):
            if Path(f"{there}{suffix}").exists():
                _same(Path(f"{there}{suffix}"), Path(f"{kept}{suffix}"))
    else:
        _dump(database, kept)
    for path in (kept, folder, folder.parent):
        _flush(path)
    return kept


def _same(source: Path, target: Path) -> None:
    try:
        os.link(source, target)  # the rename that follows leaves it the only name
    except OSError:
        copy(source, target)


def copy(source: Path, target: Path) -> None:
    """Write one file of a database again, whole and on the disk, for nobody else to read."""
    shutil.copy2(source, target)
    target.chmod(0o600)
    _flush(target)


def _dump(database: Database, kept: Path) -> None:
    target = Database(f"sqlite:///{kept}")
    Base.metadata.create_all(target.engine)
    with database.looking() as source, target.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            _add_tree(connection, table, rows(source, table))
        connection.commit()
    settle(target)


def put_in_place(made: Path, database: Database, on_step: Step = lambda _: None) -> None:
    """Let the database `made`, which is settled, take the place of what is there; killed at any moment it is one or the other."""
    if database.is_sqlite:
        there = Path(database.url.database or "")
        database.close()
        for suffix in BESIDE:  # they belong to the one that goes; it is settled, or damaged and kept with them
            Path(f"{there}{suffix}").unlink(missing_ok=True)
        on_step("cleared")
        made.replace(there)
        _flush(there.parent)
    else:
        _fill(made, database)


def _fill(made: Path, database: Database) -> None:
    source = Database(f"sqlite:///{made}")
    with source.looking() as reading, database.writing() as session:
        connection = session.connection()
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(delete(table))
        for table in Base.metadata.sorted_tables:
            _add_tree(connection, table, rows(reading, table))
            _count_on(connection, table)
        session.commit()
    source.close()
    clean(made)


def _add_tree(connection: Connection, table: Table, values: list[Row]) -> None:
    """Insert rows that may refer to each other: without these references first."""
    own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
    add(connection, table, [row | dict.fromkeys(own) for row in values])
    key = next(iter(table.primary_key.columns))
    for row in values:
        given = {name: row[name] for name in own if row[name] is not None}
        if given:
            connection.execute(table.update().where(key == row[key.name]).values(given))


def _count_on(connection: Connection, table: Table) -> None:
    """Let the next id come after those that are there."""
    key = table.autoincrement_column
    if key is None:
        return
    sequence = func.pg_get_serial_sequence(table.name, key.name)
    highest = connection.scalar(select(func.max(key)))
    if highest is not None and connection.scalar(select(sequence)) is not None:
        connection.execute(select(func.setval(sequence, highest)))


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
