"""What the queries of work return where a whole `Item` would be too much."""

from datetime import datetime
from typing import NamedTuple

from calcifer.work.models import kind_of


class Line(NamedTuple):
    """An item as the page of all items shows it, in the order of its columns."""

    number: int
    title: str
    service_name: str
    category: str
    action: str
    state: str
    author: str
    assignee: str | None
    opened_at: datetime


class Listed(NamedTuple):
    """An item as lists have it: what people wrote at length stays in the database."""

    number: int
    title: str
    category: str
    action: str
    state: str
    branch: str | None
    is_parent: bool
    parent_number: int | None
    reverts: int | None
    author: str
    assignee: str | None
    opened_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    completed_by: str | None
    merge: str | None
    revision: int
    service_name: str

    @property
    def kind(self) -> str:
        """Category and action as people read them."""
        return kind_of(self.category, self.action)


class Kept(NamedTuple):
    """What git has to keep of an item: its branch, its refs, its merge."""

    number: int
    state: str
    branch: str | None
    head: str | None
    merge: str | None
