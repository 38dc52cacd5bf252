"""The only place that knows by what an item is recognised that takes an update: a line of what it says, not its title; pure."""

import re
from dataclasses import dataclass

MARK = "` becomes `"
_LINE = re.compile(rf"^A [a-z]+ update of .*: `([^`\s]+){MARK}([^`\s]+)`\.$", re.MULTILINE)


@dataclass(frozen=True)
class Taken:
    """An item that takes an update of a service: of the image that is written so, and to what."""

    service: str
    written: str
    to: str
    number: int
    author_mail: str


def line(kind: str, containers: str, written: str, to: str) -> str:
    """Return the line that an item has in its reason and its notes."""
    return f"A {kind} update of {containers}: `{written}{MARK}{to}`."


def read(*texts: str) -> tuple[str, str] | None:
    """Return image and what it becomes by the first of these texts that says it."""
    found = next((match for text in texts if (match := _LINE.search(text))), None)
    return (found[1], found[2]) if found else None
