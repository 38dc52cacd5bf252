"""The only place that reads `git status`: what differs in a checkout from what is committed, to the last mode and object."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from calcifer.kit.git.program import run

STATUS_SECONDS = 1800.0
INTENDED = ".A"
"""The state of a path that `git add --intent-to-add` has announced."""


@dataclass(frozen=True)
class Status:
    """Paths as they are on disk (bytes that are no UTF-8 as surrogates), folders with a `/` at the end."""

    edits: dict[str, str]
    """What git says of each tracked path: its two letters, then modes and objects in HEAD, index and checkout."""
    untracked: frozenset[str]
    ignored: frozenset[str]
    unmerged: frozenset[str] = frozenset()

    def moved(self, place: Callable[[str], str | None]) -> "Status":
        """Return it with other paths; those for which `place` returns None are left out."""
        edits = {there: said for path, said in self.edits.items() if (there := place(path))}
        return Status(edits, *(_moved(paths, place) for paths in (self.untracked, self.ignored, self.unmerged)))

    def letters(self, path: str) -> str:
        """Return the two letters for a tracked path: blanks where nothing differs."""
        return self.edits.get(path, "..")[:2].replace(".", " ")


def _moved(paths: frozenset[str], place: Callable[[str], str | None]) -> frozenset[str]:
    return frozenset(there for path in paths if (there := place(path)))


def status(checkout: Path) -> Status:
    """Ask git; nothing is written, not even the index."""
    answer = run(
        "--no-optional-locks", "status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignored=matching", "--no-renames",
        cwd=checkout, timeout_seconds=STATUS_SECONDS,
    )  # fmt: skip
    edits: dict[str, str] = {}
    others: dict[str, set[str]] = {"?": set(), "!": set(), "u": set()}
    for line in answer.out.split(b"\0"):
        kind, _, rest = os.fsdecode(line).partition(" ")
        if kind == "1":
            *said, path = rest.split(" ", 7)
            edits[path] = " ".join(said)
        elif kind == "u":
            others["u"].add(rest.split(" ", 9)[-1])
        elif kind in ("?", "!"):
            others[kind].add(rest)
    return Status(edits, *(frozenset(others[kind]) for kind in ("?", "!", "u")))
