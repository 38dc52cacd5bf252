"""The only place that reads the cursors of the catalog's lists: what comes back may be anybody's invention."""

from collections.abc import Sequence

from calcifer.kit.errors import Invalid
from calcifer.kit.git.names import checked_oid

BAD = "This is not a cursor that this list has given out: begin without one."


def name_of(key: Sequence[object] | None) -> str | None:
    """Return the name after which a list of services goes on."""
    if key is None:
        return None
    if len(key) != 1 or not isinstance(key[0], str) or len(key[0]) > 200 or not key[0].isprintable():
        raise Invalid.field("cursor", BAD)
    return key[0]


def commits_of(key: Sequence[object] | None) -> tuple[str | None, str | None]:
    """Return main as it was when the first page was made, and the commit after which a history goes on."""
    if key is None:
        return None, None
    if len(key) != 2 or not all(isinstance(oid, str) for oid in key):
        raise Invalid.field("cursor", BAD)
    tip, after = (checked_oid(str(oid), "cursor") for oid in key)
    return tip, after
