"""What `docker compose logs` says, taken apart line by line, within bounds: pure."""

import heapq
import re
from collections.abc import Iterable, Iterator

from calcifer.deployments.daily import LogLine
from calcifer.kit.legible import unescaped

LONGEST_BYTES = 8_000
"""Of one line; the rest of it is left out."""
_LINE = re.compile(r"(\S{1,200})\s+\|(?: (?:(\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)) ?)?(.*))?\Z", re.DOTALL)


class Lines:
    """Bytes as they come to lines as they are whole; never more in memory than one line of LONGEST_BYTES."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rest = bytearray()
        self._is_too_long = False

    def fed(self, piece: bytes) -> Iterator[LogLine]:
        """Yield the lines that end in `piece`."""
        *whole, rest = piece.split(b"\n")
        for end in whole:
            self._keep(end)
            yield self._ended()
        self._keep(rest)

    def end(self) -> Iterator[LogLine]:
        """Yield what the last line has, where it was not ended."""
        if self._rest:
            yield self._ended()

    def _keep(self, more: bytes) -> None:
        free = LONGEST_BYTES - len(self._rest)
        self._rest += more[:free]
        self._is_too_long = self._is_too_long or len(more) > free

    def _ended(self) -> LogLine:
        text = bytes(self._rest).decode("utf-8", "replace") + " …" * self._is_too_long
        self._rest.clear()
        self._is_too_long = False
        return line(text)


def line(text: str) -> LogLine:
    """Take a line apart: container, instant and what it says, without what a terminal or a page would obey."""
    said = unescaped(text)
    said = "".join(one if one.isprintable() or one == "\t" else " " for one in said).rstrip()
    found = _LINE.match(said)
    if found is None:
        return LogLine(container="", at="", text=said)
    return LogLine(container=found[1], at=(found[2] or "")[:40], text=found[3] or "")


def has(one: LogLine, text: str) -> bool:
    """Say whether a line has a text in it."""
    return not text or text.casefold() in one.text.casefold()


def last(lines: Iterable[LogLine], count: int) -> list[LogLine]:
    """Return the last lines, by their instants: the engine tells one container after the other."""
    return sorted(heapq.nlargest(count, lines, key=lambda one: one.at), key=lambda one: one.at)
