"""The only place that makes objects survive a power cut, all those of a unit of work at once, before a ref names them.

libgit2 could flush each object as it writes it; for the ten objects of a completion that is ten times two waits for the disk, one
after the other. Here the kernel is told first to begin writing all of them, so that the first flush takes the others along.

An object is flushed under its last name, as git does it: the file systems that keep a journal or a log (ext4, XFS, Btrfs, ZFS)
bring the name to the disk with it.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

from calcifer.kit.git.trees import entries


def flush(objects: Path, oids: Iterable[str]) -> None:
    """Write these objects of an object directory through to the disk.

    One that is not there by itself is in a pack, or in another repository's objects: who put it there has flushed it.
    """
    flush_files(f"{objects}/{oid[:2]}/{oid[2:]}" for oid in oids)


def flush_files(paths: Iterable[Path | str]) -> None:
    """Write those of these files that are there through to the disk."""
    files = []
    try:
        for path in paths:
            try:
                files.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
            except FileNotFoundError:
                continue
        for file in files:
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)  # begins to write what is not yet written
        for file in files:
            os.fsync(file)
    finally:
        for file in files:
            os.close(file)


def new_in(git: pygit2.Repository, tree: str, known: Sequence[str]) -> list[str]:
    """Return the objects below `tree`, itself included, that none of the trees `known` has at the same place."""
    if tree in known:
        return []
    olds = [entries(git, old) for old in known]
    found = [tree]
    for name, (mode, oid) in entries(git, tree).items():
        there = [old[name] for old in olds if name in old]
        if any(known_oid == oid for _, known_oid in there) or mode == FileMode.COMMIT:
            continue
        if mode == FileMode.TREE:
            found += new_in(git, oid, [old for known_mode, old in there if known_mode == FileMode.TREE])
        else:
            found.append(oid)
    return found


def flush_tree(folder: Path) -> None:
    """Write every file and directory below `folder`, itself included, through to the disk."""
    for where, _, files in os.walk(folder, topdown=False):
        for name in files:
            path = f"{where}/{name}"
            if not os.path.islink(path):  # noqa: PTH114  (a Path for each of many files costs as much as the flushing)
                _sync(path)
        _sync(where)


def flush_names(folder: Path) -> None:
    """Write what a directory's entries are called through to the disk: after a rename."""
    _sync(str(folder))


def flush_folder(folder: Path) -> None:
    """Write the files of one directory, and the directory itself, through to the disk."""
    for file in folder.iterdir():
        if file.is_file() and not file.is_symlink():
            _sync(str(file))
    _sync(str(folder))


def _sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
