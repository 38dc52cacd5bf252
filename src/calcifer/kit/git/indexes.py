"""The only place that reads index files of checkouts."""

import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pygit2

from calcifer.kit.errors import Unavailable
from calcifer.kit.git.trees import Blob


class Indexes:
    """The index files read last: reading one takes as long as all else that a page asks of git.

    Git never writes an index in place: it renames a new file over the old one, so inode, size and times tell them apart.
    """

    KEPT = 16

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Path, tuple[tuple[int, ...], pygit2.Index]] = {}

    def look(self, path: Path, paths: Iterable[str]) -> dict[str, Blob]:
        with self._lock:  # libgit2 sorts an index when it is first asked
            index = self._read(path)
            found = {}
            for name in paths:
                with suppress(KeyError):
                    entry = index[name]
                    found[name] = Blob(str(entry.id), entry.mode)
            return found

    def unmerged(self, path: Path) -> list[str]:
        with self._lock:
            sides = [side for triple in self._read(path).conflicts or () for side in triple if side is not None]
            return sorted({side.path for side in sides})

    def _read(self, path: Path) -> pygit2.Index:
        try:
            status = path.stat()
        except FileNotFoundError:
            return pygit2.Index()
        seen = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        known = self._known.pop(path, None)
        if known is None or known[0] != seen:
            known = (seen, _opened(path))
        self._known[path] = known  # the one used last comes last
        if len(self._known) > self.KEPT:
            del self._known[next(iter(self._known))]
        return known[1]


class _Index(pygit2.Index):
    def __del__(self) -> None:
        if hasattr(self, "_index"):  # not where opening it has failed, which pygit2 forgets
            super().__del__()


def _opened(path: Path) -> pygit2.Index:
    try:
        return _Index(str(path))
    except pygit2.GitError as error:
        if "extension" not in str(error):
            raise
        kind, mend = _SPLIT if "link" in str(error) else _SPARSE
        raise Unavailable(f"The index {path} is {kind}, which Calcifer cannot read.", mend=mend) from error


_SPLIT = "split", "In that checkout: git update-index --no-split-index"
_SPARSE = "sparse", "In that checkout: git sparse-checkout reapply --no-sparse-index"


INDEXES = Indexes()
