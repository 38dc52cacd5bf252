"""The only place that compares what lies on disk with the two versions of a file that a checkout is to go between."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

from calcifer.kit.git.objects import Change


def state(root: Path, change: Change, going: set[str], keeps_modes: Callable[[], bool]) -> str:
    """Say whether it is the "old" version, the "new" one, "other", "gone", or "blocked", which no filter can explain.

    `going` are the paths that the same change takes away; `keeps_modes` says whether git looks at modes here.
    """
    before = _in_front_of(root, change.path)
    if before is not None:
        return "new" if change.new is None else "old" if change.old is None and before in going else "blocked"
    path = f"{root}/{change.path}"
    try:
        status = os.lstat(path)  # on texts: for the files of a change, Paths cost more than what they are asked
    except (FileNotFoundError, NotADirectoryError):
        return "new" if change.new is None else "old" if change.old is None else "gone"
    if stat.S_ISDIR(status.st_mode):
        return _folder(root, change, going)
    return _file(path, status.st_mode, change, keeps_modes)


def _folder(root: Path, change: Change, going: set[str]) -> str:
    if any(blob.mode == FileMode.COMMIT for blob in (change.old, change.new) if blob):
        return "old"
    inside = (path for path in (root / change.path).rglob("*") if path.is_symlink() or not path.is_dir())
    makes_room = change.old is None and all(str(path.relative_to(root)) in going for path in inside)
    return "old" if makes_room else "blocked"


def _file(path: str, mode: int, change: Change, keeps_modes: Callable[[], bool]) -> str:
    if not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
        return "blocked"  # a socket, or a pipe, whose reader would wait for ever
    try:
        oid = str(pygit2.hash(os.fsencode(os.readlink(path))) if stat.S_ISLNK(mode) else pygit2.hashfile(path))  # noqa: PTH115
    except (OSError, pygit2.GitError):
        return "blocked"  # it may not be read
    known = [(name, blob) for name, blob in (("new", change.new), ("old", change.old)) if blob and blob.oid == oid]
    for name, blob in known:
        if _is_of_mode(mode, blob.mode, keeps_modes):
            return name
    return "blocked" if known else "other"  # blocked: the content is known, and the mode was changed by hand


def _is_of_mode(on_disk: int, mode: int, keeps_modes: Callable[[], bool]) -> bool:
    """Say whether git would see this mode where a file of a tree has that one: a link, an executable, or neither."""
    if stat.S_ISLNK(on_disk) or mode == FileMode.LINK:
        return stat.S_ISLNK(on_disk) and mode == FileMode.LINK
    return bool(on_disk & stat.S_IXUSR) == bool(mode & stat.S_IXUSR) or not keeps_modes()


def _in_front_of(root: Path, path: str) -> str | None:
    """Return the file or link that stands where `path` needs a folder."""
    at = path.find("/")
    while at >= 0:
        try:
            mode = os.lstat(f"{root}/{path[:at]}").st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None  # then nothing stands further on, either
        if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            return path[:at]
        at = path.find("/", at + 1)
    return None
