"""What the catalog's queries return where a whole `Service` would be too much."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


class Stored(NamedTuple):
    """What scanning compares with the repository."""

    id: int
    name: str
    path: str
    folder: str
    main_branch: str
    head: str | None
    highest_number: int
    missing_since: datetime | None


class Listed(NamedTuple):
    """A service as lists have it; facts are left in the database, they are most of a row."""

    name: str
    title: str
    description: str
    kind: str
    owner: str
    lifecycle: str
    visibility: str
    policy: str
    path: str
    folder: str
    main_branch: str
    head: str | None
    descriptor_source: str
    descriptor_error: str | None
    adopted_at: datetime
    scanned_at: datetime
    missing_since: datetime | None


class Neighbour(NamedTuple):
    """The other end of a dependency; `title` is None where no service of that name is known."""

    name: str
    title: str | None


class WithImages(NamedTuple):
    """A service as updates of its images need it."""

    name: str
    facts: dict[str, Any]
    updates: list[dict[str, Any]] | None


@dataclass(frozen=True)
class Surroundings:
    """What a service needs, what needs it, and where that goes round in a circle."""

    needs: list[Neighbour]
    needed_by: list[Neighbour]
    cycles: list[list[str]]
