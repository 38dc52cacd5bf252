"""The only place that keeps how far a conversion is, in the root's `.git` until that goes."""

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from calcifer.kit.git.statuses import INTENDED
from calcifer.services.copying import write_file
from calcifer.services.layouts.ruling import Rules
from calcifer.services.layouts.wishes import Places

FOLDER = "calcifer-convert"
"""In the root's `.git`: the journal, and the new repository while it is made."""
NAME = "journal.json"
GOING = ".calcifer-converted"
"""What the root's `.git` is called while it is removed."""


@dataclass(frozen=True)
class Tested:
    """What a run of the application's tests came to: "passed", "failed", or "broken" (it could not be run, or did not end)."""

    state: str
    exit_code: int | None = None
    seconds: float = 0.0
    output: str = field(default="", repr=False)


@dataclass(frozen=True)
class Journal:
    """What was planned when the backup was made, and what has been done since; a step that is not named finds itself done."""

    app: str
    docs: str | None
    branch: str
    backup: str
    refs: dict[str, str]
    """The root's refs in the backup: where they have moved since, its `.git` stays."""
    edits: dict[str, str]
    untracked: list[str]
    """What `git status` has to show in the application afterwards."""
    rules: Rules
    remote: str | None = None
    verify: str | None = None
    before: Tested | None = None
    done: tuple[str, ...] = ()

    @property
    def places(self) -> Places:
        """What lies where."""
        return Places(self.app, self.docs)

    @property
    def intended(self) -> list[str]:
        """Paths that are announced to the index, and no more."""
        return sorted(path for path, said in self.edits.items() if said.startswith(INTENDED))


def folder(root: Path) -> Path:
    """Return the directory of a conversion of `root`."""
    return root / ".git" / FOLDER


def going(root: Path) -> Path:
    """Return the same while the root's `.git` is removed."""
    return root / GOING / FOLDER


def write(root: Path, journal: Journal) -> None:
    """Keep the journal, in one step that survives a power cut."""
    said = asdict(journal)
    said["rules"] = {name: _texts(value) for name, value in said["rules"].items()}
    write_file(folder(root) / NAME, json.dumps(said).encode("ascii"))


def read(root: Path) -> Journal | None:
    """Return the journal of a conversion that is under way, or None."""
    found = next((path for path in (folder(root) / NAME, going(root) / NAME) if path.is_file()), None)
    if found is None:
        return None
    said = json.loads(found.read_bytes())
    said["rules"] = Rules(**{name: _bytes(value) for name, value in said["rules"].items()})
    said["before"] = Tested(**said["before"]) if said["before"] else None
    said["done"] = tuple(said["done"])
    return Journal(**said)


def with_step(journal: Journal, step: str) -> Journal:
    """Return it with one more step done."""
    return replace(journal, done=(*journal.done, step))


def with_wishes(journal: Journal, verify: str | None, remote: str | None, before: Tested | None) -> Journal:
    """Return it with other tests or another remote, which are then still to be run and pushed to."""
    return replace(
        journal, verify=verify, remote=remote, before=before, done=tuple(set(journal.done) - {"tested", "pushed"})
    )


def _texts(value: Any) -> Any:  # Any: bytes or a list of them
    return os.fsdecode(value) if isinstance(value, bytes) else [os.fsdecode(line) for line in value]


def _bytes(value: Any) -> Any:  # Any: a text or a list of them
    return os.fsencode(value) if isinstance(value, str) else tuple(os.fsencode(line) for line in value)
