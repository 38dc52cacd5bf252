"""The only place that writes objects by one statement each: for what every change writes.

The session works out at each flush what depends on what, which takes four times as long as the writing. Who calls this knows that:
parents come first, and nothing else of the object waits to be written. What it leaves is the same: objects of the session.
"""

from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import JSON, Insert, Update, bindparam, insert, inspect, update
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from calcifer.kit.db import Base


def insert_new(session: Session, objects: Iterable[Base]) -> None:
    """Insert these objects, parents first, and take them into the session; what was never set is NULL, whatever its default."""
    every = list(objects)
    for kind, some in groupby(every, type):
        _insert(session, kind, [vars(one) for one in some])
    for one in every:
        make_transient_to_detached(one)
    session.add_all(every)


def _insert(session: Session, kind: type[Base], rows: list[dict[str, Any]]) -> None:
    adding, plain, documents, key = _adding(kind)
    for values in rows:
        for name in plain:
            values.setdefault(name, None)
    names = (*plain, *(name for name in documents if name in rows[0]))  # None would be a document: `null`
    made = session.connection().execute(adding, [{name: values[name] for name in names} for values in rows])
    if key is not None:
        for values, number in zip(rows, made.scalars(), strict=True):
            values[key] = number


@cache
def _adding(kind: type[Base]) -> tuple[Insert, tuple[str, ...], tuple[str, ...], str | None]:
    """Return what inserts objects of this kind, its columns, those that hold JSON, and the one that the database counts, if any."""
    mapper = inspect(kind)
    counted = Base.metadata.tables[kind.__tablename__].autoincrement_column
    key = None if counted is None else mapper.get_property_by_column(counted).key
    adding = insert(kind)
    if counted is not None:
        adding = adding.returning(counted, sort_by_parameter_order=True)
    columns = {one.key: one.columns[0].type for one in mapper.column_attrs if one.key != key}
    documents = tuple(name for name, holds in columns.items() if isinstance(holds, JSON))
    return adding, tuple(name for name in columns if name not in documents), documents, key


def update_now(session: Session, one: Base, **values: Any) -> None:
    """Write these values of an object of the session, and nothing else of it."""
    updating, key = _updating(type(one), tuple(values))
    session.connection().execute(updating, {"the_key": getattr(one, key), **values})
    for name, value in values.items():
        set_committed_value(one, name, value)


@cache
def _updating(kind: type[Base], names: tuple[str, ...]) -> tuple[Update, str]:
    mapper = inspect(kind)
    (column,) = mapper.primary_key
    updating = update(Base.metadata.tables[kind.__tablename__]).where(column == bindparam("the_key"))
    return updating.values({name: bindparam(name) for name in names}), mapper.get_property_by_column(column).key
