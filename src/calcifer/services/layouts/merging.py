"""The only place that moves a directory into another one that may be there already, path by path; nothing is overwritten.

It may be killed after any path: the same again goes on where it was.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from calcifer.kit import backups
from calcifer.kit.errors import Conflict
from calcifer.kit.git import durable
from calcifer.kit.git.names import visible

_MOST = 8


def check(source: Path, target: Path) -> None:
    """Raise Conflict, with the names, where both have a path with different content."""
    clashes = sorted(_clashes(source, target, ""))
    if clashes:
        more = f" and {len(clashes) - _MOST} more" if len(clashes) > _MOST else ""
        raise Conflict(
            f"{source} and {target} both have {', '.join(map(visible, clashes[:_MOST]))}{more}, and not the same.",
            mend="Rename or remove one of each, and commit that.",
        )


def _clashes(source: Path, target: Path, inside: str) -> Iterator[str]:
    if not os.path.lexists(target):
        return
    if _is_folder(source) and _is_folder(target):
        for name in sorted(os.listdir(source)):  # noqa: PTH208  (names as the system has them)
            yield from _clashes(source / name, target / name, f"{inside}/{name}" if inside else name)
    elif not _is_same(source, target):
        yield inside or source.name


def move(source: Path, target: Path) -> None:
    """Move `source` to `target`: in one step where nothing is there, else path by path. What both have alike is kept once."""
    if not os.path.lexists(source):
        return
    if not os.path.lexists(target):
        source.rename(target)
        durable.flush_names(target.parent)
        return
    if _is_folder(source) and _is_folder(target):
        for name in sorted(os.listdir(source)):  # noqa: PTH208  (as above)
            move(source / name, target / name)
        source.rmdir()
        return
    if not _is_same(source, target):
        check(source, target)
    source.unlink()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_same(one: Path, other: Path) -> bool:
    """Say whether both are the same link, or files with the same content that are both executable, or not."""
    first, second = one.lstat(), other.lstat()
    if stat.S_ISLNK(first.st_mode) and stat.S_ISLNK(second.st_mode):
        return os.readlink(one) == os.readlink(other)  # noqa: PTH115  (bytes that are no UTF-8)
    if not (stat.S_ISREG(first.st_mode) and stat.S_ISREG(second.st_mode)):
        return False
    is_alike = first.st_size == second.st_size and (first.st_mode ^ second.st_mode) & stat.S_IXUSR == 0
    return is_alike and backups.digest(one) == backups.digest(other)
