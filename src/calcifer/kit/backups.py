"""The only place that copies a directory so that it can be brought back to the byte, and proves that it was.

A copy has contents, modes, times (to the nanosecond), links, hard links, extended attributes and, where allowed, owners. What is
no content (sockets, pipes, devices) is left out. Proof is a *record* of either side: of each path what it is, and of each file
the SHA-256 of what was read back from the disk.

Paths are those that the system has: bytes that are no UTF-8 are surrogates, also in the file that a record is kept in.
"""

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from calcifer.kit.errors import Unavailable

Stamp = tuple[str, int, int, str]
"""What lies at a path: "file", "folder" or "link"; its mode; when it was changed, in nanoseconds; digest, or where it points."""
Record = dict[str, Stamp]
_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
_READ_BYTES = 1 << 20


@dataclass
class Measure:
    """How much there is to copy, and what cannot be copied."""

    files: int = 0
    size_bytes: int = 0
    special: list[str] = field(default_factory=list)
    """Sockets, pipes, devices."""
    unreadable: list[str] = field(default_factory=list)
    foreign: int = 0
    """How many entries belong to others than the user that asks."""


def measure(root: Path) -> Measure:
    """Look at everything in a directory, itself included, without reading contents."""
    made = Measure()
    for path, status in _walk(os.fspath(root), made.unreadable):
        kind = stat.S_IFMT(status.st_mode)
        shown = os.path.relpath(path, root)
        made.files += kind == stat.S_IFREG
        made.size_bytes += status.st_size if kind == stat.S_IFREG else 0
        made.foreign += status.st_uid != os.geteuid()
        if kind not in _KINDS:
            made.special.append(shown)
        elif kind != stat.S_IFLNK and not os.access(path, os.R_OK):
            made.unreadable.append(shown)
    return made


def _walk(root: str, unreadable: list[str] | None = None) -> Iterator[tuple[str, os.stat_result]]:
    """Yield each path with what lies there, folders before their entries, links not followed."""
    pending = [root]
    while pending:
        path = pending.pop()
        status = os.lstat(path)
        yield path, status
        if not stat.S_ISDIR(status.st_mode):
            continue
        try:
            names = sorted(os.listdir(path), reverse=True)  # noqa: PTH208  (a Path for each of many files costs too much)
        except PermissionError:
            if unreadable is None:
                raise
            continue  # the folder itself has been found unreadable
        pending += [f"{path}/{name}" for name in names]


def copy(source: Path, target: Path) -> None:
    """Copy a directory to `target`, which must not exist; all of it is on disk when this returns. Raises Unavailable."""
    try:
        _Copying(os.fspath(source), os.fspath(target)).run()
    except OSError as error:
        named = f" ({os.fsencode(error.filename).decode('utf-8', 'replace')})" if error.filename else ""
        raise Unavailable(f"{source} cannot be copied: {error.strerror or error}{named}.") from error
    os.sync()  # once for all of it; a flush for each of many files takes minutes


class _Copying:
    def __init__(self, source: str, target: str) -> None:
        self._source, self._target = source, target
        self._linked: dict[tuple[int, int], str] = {}

    def run(self) -> None:
        folders = []
        for path, status in _walk(self._source):
            here = self._target + path[len(self._source) :]
            if stat.S_ISDIR(status.st_mode):
                os.mkdir(here, 0o700)  # noqa: PTH102  (as above)
                folders.append((path, here, status))
            elif stat.S_ISLNK(status.st_mode):
                os.symlink(os.readlink(path), here)  # noqa: PTH115, PTH211  (as above)
                self._finish(path, here, status)
            elif stat.S_ISREG(status.st_mode):
                self._file(path, here, status)
        for path, here, status in reversed(folders):  # what comes to be in a folder changes its time
            self._finish(path, here, status)

    def _file(self, path: str, here: str, status: os.stat_result) -> None:
        key = (status.st_dev, status.st_ino)
        if status.st_nlink > 1 and key in self._linked:
            os.link(self._linked[key], here)
            return
        shutil.copyfile(path, here)
        self._finish(path, here, status)
        self._linked[key] = here

    def _finish(self, path: str, here: str, status: os.stat_result) -> None:
        """The owner before the mode: a change of owner takes set-user-id bits away."""
        if os.geteuid() == 0:
            os.chown(here, status.st_uid, status.st_gid, follow_symlinks=False)
        shutil.copystat(path, here, follow_symlinks=False)


def record(root: Path) -> Record:
    """Read everything in a directory and say what it is; contents come from the disk, not from what is still in memory."""
    made: Record = {}
    try:
        for path, status in _walk(os.fspath(root)):
            if found := _stamp(path, status):
                made[os.path.relpath(path, root)] = found
    except OSError as error:
        named = os.fsencode(error.filename or root).decode("utf-8", "replace")
        raise Unavailable(f"{named} cannot be read: {error.strerror or error}.") from error
    return made


def stamp(path: Path) -> Stamp | None:
    """Return what a record says of one path; None where nothing is there."""
    return _stamp(os.fspath(path), path.lstat()) if os.path.lexists(path) else None


def _stamp(path: str, status: os.stat_result) -> Stamp | None:
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    if kind is None:
        return None
    content = _digest(path) if kind == "file" else os.readlink(path) if kind == "link" else ""  # noqa: PTH115  (as above)
    return kind, status.st_mode, status.st_mtime_ns, content


def digest(path: Path) -> str | None:
    """Return the SHA-256 of a file, or None where there is no file."""
    return _digest(os.fspath(path)) if path.is_file() and not path.is_symlink() else None


def _digest(path: str) -> str:
    made = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  (as above)
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while part := file.read(_READ_BYTES):
            made.update(part)
    return made.hexdigest()


def differences(one: Record, other: Record) -> list[str]:
    """Return the paths at which two records differ, sorted."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


@dataclass(frozen=True)
class Label:
    """What a backup says of itself: the directory that it is of, and its name in the backup."""

    root: str
    folder: str
    made_at: str
    record: Record = field(repr=False)


LABEL = "backup.json"


def write_label(backup: Path, label: Label) -> None:
    """Write it through to the disk; a backup without one is not finished."""
    file = backup / (LABEL + ".new")
    with file.open("w", encoding="ascii") as out:
        json.dump(asdict(label), out)
        out.flush()
        os.fsync(out.fileno())
    file.replace(backup / LABEL)


def read_label(backup: Path) -> Label | None:
    """Return what a backup says of itself; None where this is none."""
    try:
        said = json.loads((backup / LABEL).read_text(encoding="ascii"))
        stamps = {path: tuple(stamp) for path, stamp in said.pop("record").items()}
        label = Label(**said, record=stamps)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    named = label.folder
    return label if named and "/" not in named and named not in (".", "..") and (backup / named).is_dir() else None
