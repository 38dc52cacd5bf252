"""The only place for paging by cursor: a page of a list begins after a row, not at a number.

A cursor is opaque to whoever gets it: the sort key of the last row, as JSON, base64url.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Path, Query
from pydantic import BaseModel, Field

from calcifer.kit.errors import Invalid

Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""The number of a thing in an address: what does not fit the database's column is no page."""
Row = TypeVar("Row")
Key = list[int | float | str | None]
BAD = "This is not a cursor that a list has given out: begin without one."


class Listing(BaseModel, Generic[Row]):
    """One page of a list; `next` is the cursor of the following page, null at the end."""

    items: list[Row]
    next: str | None = Field(
        default=None, description="Pass it as `cursor` to get the following page; null at the end."
    )


@dataclass(frozen=True)
class Asked:
    """Which page of a list was asked for; `after` is the sort key of the row before it."""

    limit: int
    after: Key | None

    @property
    def after_id(self) -> int | None:
        """The key of a list that is sorted by one number."""
        if self.after is None:
            return None
        if len(self.after) != 1 or not isinstance(self.after[0], int) or not 0 <= self.after[0] < 2**63:
            raise Invalid.field("cursor", BAD)
        return self.after[0]

    @property
    def after_name(self) -> str | None:
        """The key of a list that is sorted by one name."""
        if self.after is None:
            return None
        if len(self.after) != 1 or not isinstance(self.after[0], str):
            raise Invalid.field("cursor", BAD)
        return self.after[0]


async def _asked(  # not `def`: that would be a hop to a thread, and this waits for nothing
    limit: Annotated[int, Query(ge=1, le=200, description="Rows per page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next` of the page before.")] = None,
) -> Asked:
    return Asked(limit, decode(cursor) if cursor else None)


Paging = Annotated[Asked, Depends(_asked)]


def paged(rows: Sequence[Row], asked: Asked, key: Callable[[Row], Key]) -> tuple[list[Row], str | None]:
    """Split what a query returned for `asked.limit + 1` rows into the page and the cursor of the next one."""
    shown = list(rows[: asked.limit])
    return shown, encode(key(shown[-1])) if len(rows) > asked.limit else None


def encode(key: Key) -> str:
    """Make a cursor of a sort key."""
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str) -> Key:
    """Read a cursor; raises Invalid where it is none of ours."""
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise Invalid.field("cursor", BAD) from None
    if not isinstance(key, list) or not all(part is None or isinstance(part, int | float | str) for part in key):
        raise Invalid.field("cursor", BAD)
    return key
