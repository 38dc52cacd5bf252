"""The only place that makes names of branches and files out of titles."""

import re
import unicodedata

SLUG_CHARACTERS = 40
RECORDS = ".calcifer/work/"


def slug(title: str) -> str:
    """Return `title` as lower-case ASCII words joined by '-', at most 40 characters; "change" where nothing is left."""
    ascii_only = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_only.lower())
    joined = "-".join(words)[:SLUG_CHARACTERS].strip("-")
    return joined or "change"


def branch_name(number: int, title: str) -> str:
    """Return the branch of an item: the number makes it its own even where titles are the same."""
    return f"work/{number}-{slug(title)}"


def record_path(number: int, title: str) -> str:
    """Return where a completed item leaves its record."""
    return f"{RECORDS}{number:04d}-{slug(title)}.md"
