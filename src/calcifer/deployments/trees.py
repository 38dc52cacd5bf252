"""The only place that says which trees are shipped, and packs them for the script on the host."""

import hashlib
import io
import os
import re
import stat
import tarfile
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from calcifer.kit.errors import Invalid
from calcifer.kit.git.exporting import export
from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.trees import Blob
from calcifer.services.folders import is_inside

MOST_FILES = 20_000
MOST_BYTES = 500_000_000
PATH_BYTES = 1024
PART_BYTES = 255
PLACING = ".calcifer-placing"
"""Where the script on the host copies files before it renames them into place."""

_FILE, _PROGRAM, _LINK = 0o100644, 0o100755, 0o120000
_GIT = re.compile(r"(?:\.git|git~1)[. ]*\Z", re.IGNORECASE)


class NotShippable(Invalid):
    """The tree has something that is not written to a host."""


@dataclass(frozen=True)
class Version:
    """The files of a commit, packed: a tar archive of `files` and `dirs` (names that end with NUL) and `tree/`."""

    commit: str
    digest: str
    """SHA-256 over the content of all files, one after the other, in the order of `files`."""
    archive: IO[bytes]


def checked(modes: dict[str, int], commit: str) -> list[str]:
    """Return the paths of a tree in the order in which they are placed, folder by folder; NotShippable where one cannot be.

    Names may have spaces, quotes, line ends and bytes that are no UTF-8 (as surrogates).
    """
    if not modes:
        raise NotShippable(f"Commit {commit[:10]} has no files.")
    if len(modes) > MOST_FILES:
        raise NotShippable(f"Commit {commit[:10]} has {len(modes):,} files; up to {MOST_FILES:,} are shipped.")
    for path, mode in modes.items():
        if reason := _reason(path, mode):
            raise NotShippable(f"'{visible(path)}' is not written to a host: {reason}.")
        if above := next((folder for folder in folders_above(path) if folder in modes), None):
            raise NotShippable(f"'{visible(path)}' is not written to a host: '{visible(above)}' is a file or a link.")
    return sorted(modes, key=lambda path: tuple(os.fsencode(part) for part in os.path.split(path)))


def folders_above(path: str) -> Iterator[str]:
    """Yield the folders that a path lies in, the nearest first."""
    while path := os.path.dirname(path):  # noqa: PTH120 -- paths of a tree, not of this machine
        yield path


def _reason(path: str, mode: int) -> str | None:
    parts = path.split("/")
    if mode not in (_FILE, _PROGRAM, _LINK):
        return "submodules are not shipped"
    if any(part in ("", ".", "..") for part in parts) or "\0" in path:
        return "it leads out of the directory"
    if any(_GIT.match(part) for part in parts):
        return "it leads into '.git'"
    if parts[0] == PLACING:
        return "that name is used while files are placed"
    if len(os.fsencode(path)) > PATH_BYTES or any(len(os.fsencode(part)) > PART_BYTES for part in parts):
        return f"its name is longer than {PATH_BYTES} bytes, or a part of it than {PART_BYTES}"
    return None


@contextmanager
def packed(
    repository: Repository, commit: str, folder: str = "", without: Collection[str] = (), front: bytes = b""
) -> Iterator[Version]:
    """Pack the files of a commit as a checkout would have them: those below `folder`, and not below the folders of other services.

    In the archive's file, `front` stands before it: what .env is to have of secrets.

    Raises NotShippable and GitFailed.
    """
    blobs = {
        path.removeprefix(f"{folder}/" if folder else ""): blob
        for path, blob in repository.paths(commit, folder)
        if not any(is_inside(other, path) for other in without)
    }
    paths = checked({path: blob.mode for path, blob in blobs.items()}, commit)
    if front and blobs.get(".env", Blob("", _FILE)).mode == _LINK:
        raise NotShippable("'.env' is a link in git, and secrets cannot be put after what it leads to: make it a file.")
    if sum(repository.size(oid) for oid in {blob.oid for blob in blobs.values()}) > MOST_BYTES:
        raise NotShippable(f"Commit {commit[:10]} has more than {MOST_BYTES // 1_000_000} MB of files.")
    with tempfile.TemporaryDirectory(prefix="calcifer-ship-") as scratch, tempfile.TemporaryFile() as file:
        export(repository.git_dir, commit, Path(scratch))
        file.write(front)
        digest = _pack(file, Path(scratch, folder), paths, {path: blob.mode for path, blob in blobs.items()})
        file.seek(0)
        yield Version(commit, digest, file)


def _pack(file: IO[bytes], root: Path, paths: list[str], modes: dict[str, int]) -> str:
    folders = sorted({folder for path in paths for folder in folders_above(path)}, key=os.fsencode)
    digest, total = hashlib.sha256(), 0
    with tarfile.open(
        fileobj=file, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
    ) as tar:
        for name, listed in (("files", paths), ("dirs", folders)):
            content = b"".join(os.fsencode(path) + b"\0" for path in listed)
            tar.addfile(_entry(name, len(content)), io.BytesIO(content))
        for folder in ("", *folders):
            entry = _entry(f"tree/{folder}", 0, 0o755)
            entry.type = tarfile.DIRTYPE
            tar.addfile(entry)
        for path in paths:
            at, entry = root / path, _entry(f"tree/{path}", 0, modes[path] & 0o777)
            found = at.lstat()
            if modes[path] == _LINK:
                entry.type, entry.mode, entry.linkname = tarfile.SYMTYPE, 0o777, str(at.readlink())
                tar.addfile(entry)
                continue
            if not stat.S_ISREG(found.st_mode):
                raise NotShippable(f"git did not write '{visible(path)}' as a file.")
            entry.size, total = found.st_size, total + found.st_size
            if total > MOST_BYTES:  # what a filter makes of a small file may be big
                raise NotShippable(f"The files have more than {MOST_BYTES // 1_000_000} MB.")
            with at.open("rb") as opened:
                tar.addfile(entry, opened)
                opened.seek(0)
                while piece := opened.read(1 << 20):
                    digest.update(piece)
    return digest.hexdigest()


def _entry(name: str, size: int, mode: int = 0o644) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, mode
    return entry
