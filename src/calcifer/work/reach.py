"""What a version of a service reaches of a host, with the content of what runs there: one digest that an approval is bound to."""

import hashlib
import json
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.trees import Blob
from calcifer.services.folders import is_inside, placed
from calcifer.services.reach import Fact, Reach, read_reach
from calcifer.services.reach.project import PROJECT
from calcifer.work.changelog import NAMES
from calcifer.work.readings import derive

LINK = 0o120000
_PAPERS = (".calcifer", "changes.d")
SHOWN = 3


@dataclass(frozen=True)
class Reached:
    """What is reached; `unread` where a file cannot be read, whose content is approved as it is then. Empty: nothing."""

    facts: tuple[Fact, ...]
    unread: tuple[str, ...]
    digest: str

    @property
    def lines(self) -> list[str]:
        """A line for each thing that is asked for."""
        return [*(str(fact) for fact in self.facts), *(f"This cannot be read: {problem}" for problem in self.unread)]

    @property
    def is_none(self) -> bool:
        """Whether nothing is reached beyond the service's own directory."""
        return not self.facts and not self.unread

    @property
    def summary(self) -> str:
        """The first of what is asked for, in a few words."""
        said = [f"{fact.subject} {fact.what}" for fact in self.facts] + [f"unread: {one}" for one in self.unread]
        more = f", and {len(said) - SHOWN} more" if len(said) > SHOWN else ""
        return ", ".join(said[:SHOWN]) + more


def reach_of(
    repository: Repository, rev: str, folder: str = "", folders: Collection[str] = (), places: Collection[str] = ()
) -> Reached:
    """Return what a commit or tree reaches of a host; `folders` are the other services of the repository.

    `places` are the directories that the service's own descriptor names on that host: its files are written there.
    The digest is of all that was found, and of all that runs in a container that has something of it: the definition without
    what cannot change that, the name of the image, and the files that it mounts, reads or is built from. It stays where anything
    else changes.
    """
    found, _ = derive(repository, rev, read_reach, folder)
    links = sorted(set(_links(repository, rev, folder, found)))
    lies = [Fact("the service", f"lies in {visible(place)}", "its files are written there") for place in places]
    facts, unread = tuple(sorted({*found.facts, *links, *lies})), found.unread
    if not facts and not unread:
        return Reached((), (), "")
    content = _content(repository, rev, folder, folders, found, {fact.subject for fact in facts}, is_whole=bool(unread))
    said = json.dumps([[str(fact) for fact in facts], list(unread), content], sort_keys=True)
    return Reached(facts, unread, hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest())


def places_on(targets: Iterable[Mapping[str, Any]] | None) -> dict[str, tuple[str, ...]]:
    """Return the hosts of a service's targets, as the catalog has them, each with the directories that are named there."""
    found: dict[str, tuple[str, ...]] = {}
    for target in targets or ():
        directory = target.get("directory")
        found[target["host"]] = (*found.get(target["host"], ()), *([directory] if directory else []))
    return found


def _links(repository: Repository, rev: str, folder: str, found: Reach) -> Iterator[Fact]:
    """Yield the paths that a container is given and that are links in the repository: the host follows them."""
    for one in found.named:
        steps = [] if one.path == "." else one.path.split("/")
        for count in range(1, len(steps) + 1):
            where = placed(folder, "/".join(steps[:count]))
            entry = _entry(repository, rev, where)
            if entry is not None and entry.mode == LINK:
                to = repository.blob(entry.oid).decode("utf-8", "replace")[:200]
                yield Fact(
                    one.subject, f"is given {one.path}, where {where} is a link to {to}", "a link leads anywhere"
                )
                break


def _entry(repository: Repository, rev: str, where: str | None) -> Blob | None:
    try:
        return repository.entry(rev, where) if where and "\0" not in where else None
    except UnicodeEncodeError:  # a name that no tree of ours can have
        return None


def _content(
    repository: Repository,
    rev: str,
    folder: str,
    folders: Collection[str],
    found: Reach,
    subjects: set[str],
    *,
    is_whole: bool,
) -> Mapping[str, object]:
    whole = is_whole or PROJECT in subjects
    told: dict[str, object] = {}
    for name, runs in found.runs.items():
        if whole or name in subjects:
            paths = found.inputs.get(name, ())
            told[name] = [runs, {path: _oid(repository, rev, folder, folders, path, found.files) for path in paths}]
    if whole:
        told[PROJECT] = {path: _oid(repository, rev, folder, folders, path, ()) for path in found.files}
    return told


def _oid(
    repository: Repository, rev: str, folder: str, folders: Collection[str], path: str, without: Collection[str]
) -> str:
    """Return what a path of the service holds, in one word; empty where it is not in the repository.

    Of a folder everything counts but the papers of changes, and the compose files, which are judged by what they say.
    """
    where = folder if path == "." else placed(folder, path)
    if where is None:
        return ""
    entry = _entry(repository, rev, where)
    if entry is not None:
        return f"{entry.mode:o} {entry.oid}"
    left_out = {placed(folder, one) for one in without}
    papers = tuple(posixpath.join(folder, name) for name in _PAPERS)
    others = [other for other in folders if other != folder and is_inside(folder, other)]
    seen = hashlib.sha256()
    for at, blob in repository.paths(rev, where):
        is_changes = posixpath.dirname(at) == folder and posixpath.basename(at).lower() in NAMES
        if is_changes or at in left_out or any(is_inside(other, at) for other in (*papers, *others)):
            continue
        seen.update(f"{at}\0{blob.mode:o} {blob.oid}\0".encode("utf-8", "surrogatepass"))
    return seen.hexdigest()
