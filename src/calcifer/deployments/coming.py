"""What a version brings against another one: files, what the compose files say, items. Reads the repository alone."""

import posixpath
import re
from collections.abc import Collection
from typing import Any

from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import Change, Repository
from calcifer.services import facts
from calcifer.services.folders import is_inside
from calcifer.services.service.reading import RECORDS, reader

MOST = 200
"""Up to how many files are named."""
_RECORD = re.compile(r"(\d{1,9})-[^/]*\.md\Z")


def plan(
    repository: Repository, old: str | None, new: str, folder: str = "", without: Collection[str] = ()
) -> dict[str, Any]:
    """Return what `new` changes against `old`, by kind: `files` by letter (A, C, R), `containers`, `facts`, `items`."""
    changes = [
        (change.path.removeprefix(f"{folder}/" if folder else ""), change)
        for change in repository.changes(old, new)
        if is_inside(folder, change.path) and not any(is_inside(other, change.path) for other in without)
    ]
    files = [(_letter(change), visible(path)) for path, change in changes]
    before, after = (_facts(repository, commit, folder) for commit in (old, new))
    return {
        "file_count": len(files),
        "files": [f"{letter} {path}" for letter, path in files[:MOST]],
        "containers": containers(before, after),
        "facts": facts.changed(before, after)[:MOST] if old else [],
        "items": items(repository, old, new, folder) if old else [],
    }


def items(repository: Repository, old: str, new: str, folder: str = "") -> list[int]:
    """Return the numbers of the items whose records `new` has and `old` has not: up to MOST, the newest."""
    before, after = (_records(repository, commit, folder) for commit in (old, new))
    return sorted(number for name in after - before if (number := _number(name)))[-MOST:]


def _records(repository: Repository, commit: str, folder: str) -> set[str]:
    return set(repository.names(commit, posixpath.join(folder, RECORDS)))


def containers(before: facts.Facts, after: facts.Facts) -> dict[str, list[str]]:
    """Return the services of the compose files that are added, changed and removed."""
    both = before.containers.keys() & after.containers.keys()
    return {
        "added": sorted(after.containers.keys() - before.containers.keys()),
        "changed": sorted(name for name in both if before.containers[name] != after.containers[name]),
        "removed": sorted(before.containers.keys() - after.containers.keys()),
    }


def _letter(change: Change) -> str:
    return "A" if change.old is None else "R" if change.new is None else "C"


def _number(name: str) -> int | None:
    found = _RECORD.match(name)
    return int(found[1]) if found else None


def _facts(repository: Repository, commit: str | None, folder: str) -> facts.Facts:
    return facts.read_facts(reader(repository, commit, folder)) if commit else facts.NONE
