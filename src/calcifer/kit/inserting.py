"""The only place that inserts new objects by one statement each: for what is made at every change.

The session works out for each flush what depends on what, which takes four times as long as the inserting. Who calls this knows:
parents come first, every column has its value. What it leaves is the same: objects of the session, whose edits it writes.
"""

from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Insert, insert, inspect
from sqlalchemy.orm import Session, make_transient_to_detached

from calcifer.kit.db import Base


@cache
def _statement(kind: type[Base]) -> tuple[Insert, tuple[str, ...], str | None]:
    """Return what inserts objects of this kind, the columns that it fills, and the one that the database does, if any."""
    mapper = inspect(kind)
    counted = mapper.local_table.autoincrement_column
    key = None if counted is None else mapper.get_property_by_column(counted).key
    adding = insert(kind)
    if counted is not None:
        adding = adding.returning(counted, sort_by_parameter_order=True)
    return adding, tuple(column.key for column in mapper.column_attrs if column.key != key), key


def insert_new(session: Session, objects: Iterable[Base]) -> None:
    """Insert these objects, parents first, and take them into the session; what was never set is NULL."""
    every = list(objects)
    for kind, some in groupby(every, type):
        _insert(session, kind, [vars(one) for one in some])
    for one in every:
        make_transient_to_detached(one)
    session.add_all(every)


def _insert(session: Session, kind: type[Base], rows: list[dict[str, Any]]) -> None:
    adding, names, key = _statement(kind)
    for values in rows:
        for name in names:
            values.setdefault(name, None)
    made = session.connection().execute(adding, [{name: values[name] for name in names} for values in rows])
    if key is not None:
        for values, number in zip(rows, made.scalars(), strict=True):
            values[key] = number
