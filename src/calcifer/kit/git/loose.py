"""The only place that reads loose objects by itself: libgit2 1.9 loops for ever, holding the interpreter, on one that is cut off.

A `Guard` stands before libgit2's own reader of loose objects. What it has inflated it hands over; what does not inflate, it
answers so that libgit2 reports damage. It goes when `tests/kit/test_loose.py` says that libgit2 has learned to read.

libgit2 asks it while it holds the lock of the object database, so a pygit2.Repository is for one thread at a time.
"""

import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType

AFTER_PACKS, BEFORE_LOOSE = 2, 1
"""Priorities in libgit2: packs have 2, and what was added later with the same comes later; loose objects have 1."""
AT_ONCE_BYTES = 1_000_000
"""A file with more is inflated to be looked at, piece by piece, and then read by libgit2, so that it is in memory once."""
_NESTED = 5  # as deep as git follows alternates
_HEADER_BYTES = 64
_HEADER = re.compile(rb"(commit|tree|blob|tag) (0|[1-9]\d{0,17})\0")
_KINDS = {b"commit": ObjectType.COMMIT, b"tree": ObjectType.TREE, b"blob": ObjectType.BLOB, b"tag": ObjectType.TAG}
_ID = re.compile(r"\b[0-9a-f]{40}\b")
_MOST_MET = 1000
_MET: dict[str, None] = {}
"""Broken files that were met, the first of them first."""


class NotWhole(Exception):
    """The file of an object ends too early, or is none."""


def _meet(path: str) -> None:
    if len(_MET) < _MOST_MET:
        _MET[path] = None


def is_whole(file: Path) -> bool:
    """Say whether an object's file inflates to what it says; raises OSError where it cannot be read."""
    try:
        with file.open("rb") as opened:
            _look_through(opened.read())
    except NotWhole:
        return False
    return True


def broken_files(git_dir: Path) -> Iterator[Path]:
    """Yield the loose objects of a repository that are cut off or damaged; takes as long as there are many."""
    for folder in sorted((git_dir / "objects").glob("[0-9a-f][0-9a-f]")):
        for file in sorted(folder.glob("[0-9a-f]" * 38)):
            if not is_whole(file):
                yield file


def broken_among(git_dir: Path, words: str) -> Path | None:
    """Return the file of an object that is cut off or damaged: its id is in `words`, or a guard of this process has met it.

    The words alone do not do: where the tree of a commit is broken, libgit2 names the commit.
    """
    for folder in _folders(git_dir / "objects"):
        named = [f"{folder}/{oid[:2]}/{oid[2:]}" for oid in _ID.findall(words)]
        for name in (*named, *(name for name in tuple(_MET) if name.startswith(f"{folder}/"))):
            file = Path(name)
            if file.is_file() and not is_whole(file):
                return file
            _MET.pop(name, None)  # it was mended
    return None


def guarded(git: pygit2.Repository, *more: Path) -> pygit2.Repository:
    """Set the guard before the loose objects of a repository, those that it borrows included; once for each that is opened.

    `more` are object directories that it was told to borrow from and that are not written down in it.
    """
    git.odb.add_backend(Guard(objects_of(git), *more), AFTER_PACKS)
    return git


def objects_of(git: pygit2.Repository) -> Path:
    """Return the directory of a repository's objects, also for a linked worktree."""
    try:
        with open(f"{git.path}commondir") as file:  # noqa: PTH123  (whoever opens a repository waits for it)
            return Path(git.path, file.read().strip(), "objects")
    except FileNotFoundError:
        return Path(git.path, "objects")


class Guard(pygit2.OdbBackend):
    """Answers for the loose objects of one object directory, and of those that it borrows from."""

    def __init__(self, objects: Path, *more: Path) -> None:
        """Find out what is borrowed."""
        super().__init__()
        self._objects = objects
        self._places = [place for one in (objects, *more) for place in _folders(one)]
        self._writer: pygit2.Odb | None = None

    def read_cb(self, oid: pygit2.Oid) -> tuple[int, bytes]:
        """Return kind and content; KeyError where libgit2 shall look elsewhere.

        libgit2 compares what it gets with the id: the nothing that it gets for a broken file is a mismatch, which every function of
        it reports, where an exception would get lost in some.
        """
        found = str(oid)
        for place in self._places:
            try:
                return _read(f"{place}/{found[:2]}/{found[2:]}")
            except NotWhole:
                _meet(f"{place}/{found[:2]}/{found[2:]}")
                return ObjectType.BLOB, b""
            except OSError:
                continue
        raise KeyError(found)

    def read_prefix_cb(self, prefix: str) -> None:
        """Raise GitError for a broken object with this id, or one that begins so; else KeyError, and libgit2 reads it.

        libgit2 asks every reader here, whatever the first one says: an error alone keeps it from the file.
        """
        for place in self._places:
            for name in [prefix[2:]] if len(prefix) == 40 else _names(f"{place}/{prefix[:2]}", prefix[2:]):
                try:
                    _read(f"{place}/{prefix[:2]}/{name}")
                except NotWhole:
                    oid = prefix[:2] + name
                    raise pygit2.GitError(f"object {oid} is cut off or damaged") from None
                except (OSError, KeyError):
                    continue
        raise KeyError(prefix)

    def write_cb(self, _oid: pygit2.Oid, content: bytes, kind: int) -> None:
        """Write as libgit2 does: it lets the first one write."""
        if self._writer is None:
            self._writer = pygit2.Odb()
            self._writer.add_backend(pygit2.OdbBackendLoose(str(self._objects), -1, False), BEFORE_LOOSE)  # noqa: FBT003
        self._writer.write(kind, content)

    def read_header_cb(self, oid: pygit2.Oid) -> None:
        """Leave headers to libgit2, which reads them without a loop."""
        raise KeyError(str(oid))

    def exists_cb(self, _oid: pygit2.Oid) -> bool:
        """Leave it to libgit2."""
        return False

    def exists_prefix_cb(self, prefix: str) -> None:
        """Leave it to libgit2."""
        raise KeyError(prefix)

    def refresh_cb(self) -> None:
        """Nothing is remembered here."""


def _names(folder: str, begin: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.startswith(begin)]  # noqa: PTH208  (a Path costs as much as the reading)
    except OSError:
        return []


def _read(path: str) -> tuple[int, bytes]:
    """Return kind and content; KeyError where the file is whole, and so big that libgit2 shall read it."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(file).st_size
        packed = os.read(file, size)
        while len(packed) < size and (more := os.read(file, size - len(packed))):
            packed += more
    finally:
        os.close(file)
    if size > AT_ONCE_BYTES:
        _look_through(packed)
        raise KeyError(path)
    stream = zlib.decompressobj()
    kind, expected, begin = _begun(stream, packed)
    content = begin + _more(stream, expected - len(begin))
    if len(content) != expected or not stream.eof:
        raise NotWhole(path)
    return kind, content


def _look_through(packed: bytes) -> None:
    """Raise NotWhole where the file of an object does not inflate to what it says."""
    stream = zlib.decompressobj()
    _, expected, begin = _begun(stream, packed)
    left = expected - len(begin)
    while left > 0 and (piece := _more(stream, min(left, AT_ONCE_BYTES))):
        left -= len(piece)
    if left == 0:
        left -= len(_more(stream, 0))
    if left or not stream.eof:
        raise NotWhole


def _begun(stream: "zlib._Decompress", packed: bytes) -> tuple[int, int, bytes]:
    """Return kind, size and the first bytes of the content."""
    try:
        head = stream.decompress(packed, _HEADER_BYTES)
    except zlib.error as error:
        raise NotWhole from error
    said = _HEADER.match(head)
    if said is None:
        raise NotWhole
    return _KINDS[said[1]], int(said[2]), head[said.end() :]


def _more(stream: "zlib._Decompress", wanted: int) -> bytes:
    """Return so many bytes more, and the next one too where there is one: only what looks for it comes to the end of the stream."""
    if wanted < 0:
        raise NotWhole
    try:
        return stream.decompress(stream.unconsumed_tail, wanted + 1)
    except zlib.error as error:
        raise NotWhole from error


def _folders(objects: Path) -> list[str]:
    """Return an object directory and those that it borrows from, in git's order."""
    found = [os.fspath(objects)]
    level = found
    for _ in range(_NESTED):
        level = [other for one in level for other in _borrowed(one) if other not in found]
        if not level:
            break
        found += level
    return found


def _borrowed(objects: str) -> list[str]:
    try:
        with open(f"{objects}/info/alternates", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
            lines = file.read().splitlines()
    except OSError:
        return []
    return [os.path.join(objects, line) for line in lines if line and not line.startswith("#")]  # noqa: PTH118
