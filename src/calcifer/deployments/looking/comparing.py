"""The only place that compares a directory of a host with main of the service that lies in it: by the hash of each tracked file.

The names of the files go to the host, their hashes come back; what a file contains stays where it is.
"""

import hashlib
import posixpath
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from calcifer.deployments.looking.seen import Seen
from calcifer.deployments.looking.tracking import Compared
from calcifer.hosts.reaching import Aim
from calcifer.hosts.surveying import shown
from calcifer.kit.errors import CalciferError
from calcifer.kit.git.exporting import export
from calcifer.kit.git.repository import Repository
from calcifer.services.rows import Stored

MOST_FILES = 2000
"""Of one service; a bigger one is not compared."""
MOST_BYTES = 100_000_000
FEED_BYTES = 1_000_000
"""Names of files, over all services; those that are left are not compared."""
_FILES = {0o100644, 0o100755}


@dataclass(frozen=True)
class Known:
    """A service of the catalog, and where on a host it may lie."""

    service: str
    directory: str
    repository: Repository
    commit: str
    folder: str
    paths: tuple[str, ...]
    """Its tracked files, links left out."""
    reason: str = ""
    """Why it is not compared."""


def known_on(aim: Aim, services: Iterable[Stored], named: Mapping[str, Iterable[str]]) -> list[Known]:
    """Return the services that may lie on a host, of which descriptors have `named` the directory there, by service.

    A repository that cannot be read is left out: `calcifer doctor` tells of it.
    """
    found = []
    for service in services:
        places = [*named.get(service.name, ()), posixpath.join(aim.directory, service.name)]
        if not aim.target:
            places.append(posixpath.join(service.path, service.folder).rstrip("/"))
        try:
            repository = Repository(Path(service.path))
            commit = repository.branch(service.main_branch)
            if commit is None:
                continue
            paths, reason = _paths(repository, commit, service.folder)
        except CalciferError:
            continue
        found += [
            Known(service.name, place, repository, commit, service.folder, paths, reason)
            for place in dict.fromkeys(places)
        ]
    return found


def _paths(repository: Repository, commit: str, folder: str) -> tuple[tuple[str, ...], str]:
    blobs = {path: blob for path, blob in repository.paths(commit, folder) if blob.mode in _FILES and "\n" not in path}
    if len(blobs) > MOST_FILES:
        return (), f"it has {len(blobs):,} files; up to {MOST_FILES:,} are compared"
    if sum(repository.size(oid) for oid in {blob.oid for blob in blobs.values()}) > MOST_BYTES:
        return (), f"it has more than {MOST_BYTES // 1_000_000} MB of files"
    return tuple(posixpath.relpath(path, folder) if folder else path for path in blobs), ""


def feed(known: Iterable[Known]) -> bytes:
    """Return the lines for the script: `D<directory>`, and `F<path>` of each file in it."""
    made = bytearray()
    for one in known:
        if "\n" in one.directory:
            continue
        lines = "".join(f"F{path}\n" for path in one.paths)
        piece = f"D{one.directory}\n{lines}".encode("utf-8", "surrogateescape")
        if len(made) + len(piece) <= FEED_BYTES:
            made += piece
    return bytes(made)


def compare_all(known: Iterable[Known], seen: Seen) -> dict[str, Compared]:
    """Return what was compared, by directory as stacks name it; only directories that are there."""
    return {
        shown(one.directory): compare(one, seen.known[one.directory]) for one in known if one.directory in seen.known
    }


def compare(one: Known, sums: dict[str, str]) -> Compared:
    """Compare main, as a checkout would have it (filters and line endings applied), with the hashes that the host said."""
    if one.reason:
        return Compared(one.service, one.commit, reason=one.reason)
    missing, changed = [], []
    try:
        with tempfile.TemporaryDirectory(prefix="calcifer-look-") as folder:
            export(one.repository.git_dir, one.commit, Path(folder))
            for path, wanted in _sums(Path(folder, one.folder), one.paths):
                said = sums.get(_legible(path))
                if said == "missing":
                    missing.append(shown(path))
                elif said is not None and said != wanted:
                    changed.append(shown(path))
    except CalciferError as error:
        return Compared(one.service, one.commit, reason=error.message)
    return Compared(one.service, one.commit, tuple(changed), tuple(missing))


def _sums(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        with (root / path).open("rb") as file:
            yield path, hashlib.file_digest(file, "sha256").hexdigest()


def _legible(path: str) -> str:
    """Return a path as it was read from the host: bytes that are no UTF-8 are replaced there."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
