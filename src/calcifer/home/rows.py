"""What the queries of the panel and of the search return: a few columns, for these pages are asked for all the time."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from calcifer.kit.journal import Held


class FoundItem(NamedTuple):
    """An item as the panel has it."""

    number: int
    title: str
    state: str
    service: str
    author: str
    assignee: str | None
    opened_at: datetime


class FoundService(NamedTuple):
    """A service as the panel has it."""

    name: str
    title: str
    descriptor_error: str | None
    missing_since: datetime | None


class FoundStray(NamedTuple):
    """A commit on main that no item answers for."""

    service: str
    oid: str
    subject: str
    author: str
    at: datetime


class FailedJob(NamedTuple):
    """A job that ended badly and was not promised again since."""

    name: str
    subject: str
    error: str | None
    mend: str | None
    finished_at: datetime | None


class Done(NamedTuple):
    """One thing that somebody did."""

    at: datetime
    actor: str
    verb: str
    subject: str
    service: str | None
    item_number: int | None


@dataclass(frozen=True)
class Problems:
    """What waits for somebody; each list has at most a few."""

    services: list[FoundService]
    strays: list[FoundStray]
    jobs: list[FailedJob]
    held: list[Held]

    def __bool__(self) -> bool:
        """Whether there is one."""
        return bool(self.services or self.strays or self.jobs or self.held)


@dataclass(frozen=True)
class Steps:
    """How far a young workspace is."""

    has_service: bool
    has_item: bool
    has_completed: bool

    @property
    def are_done(self) -> bool:
        """Whether nobody needs them any more."""
        return self.has_service and self.has_item and self.has_completed
