"""The only place that copies directories and writes files of a service that no repository has yet."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

from calcifer.kit.errors import Unavailable


def copy_tree(source: Path, target: Path) -> None:
    """Copy the directory with contents, modes, times and, where allowed, owners; links stay links, nothing is followed.

    Sockets, pipes and devices are no content and are left out. Each file is on disk when this returns; raises Unavailable where
    something cannot be read or written.
    """
    try:
        _copy(os.fspath(source), os.fspath(target), is_top=True)
    except OSError as error:
        where = f" ({os.fsencode(error.filename).decode('utf-8', 'replace')})" if error.filename else ""
        raise Unavailable(f"{source.name} cannot be copied: {error.strerror or error}{where}.") from error


def _copy(source: str, target: str, *, is_top: bool = False) -> None:
    os.mkdir(target, 0o700)  # noqa: PTH102  (a Path for each of many files costs as much as the copying)
    with os.scandir(source) as entries:
        for entry in entries:
            here = f"{target}/{entry.name}"
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), here)  # noqa: PTH115, PTH211
                _keep_owner(entry.stat(follow_symlinks=False), here)
            elif entry.is_dir():
                _copy(entry.path, here)
            elif entry.is_file():
                _copy_file(entry.path, here)
    if not is_top:  # git works only in a directory of the user that runs it
        _keep_owner(os.stat(source), target)  # noqa: PTH116
    shutil.copystat(source, target)
    _flush(target)


def _copy_file(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    _keep_owner(os.stat(source), target)  # noqa: PTH116
    shutil.copystat(source, target)
    _flush(target)


def _keep_owner(status: os.stat_result, target: str) -> None:
    """Before the mode: a change of owner takes set-user-id bits away."""
    if os.geteuid() == 0:
        os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)


def _flush(path: str) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def put_in_place(made: Path, target: Path) -> None:
    """Rename what was made to where it belongs, in one step that survives a power cut; `target` must not exist."""
    if os.path.lexists(target):
        raise Unavailable(f"{target} has come to be meanwhile: look at it, then repeat.")
    made.rename(target)
    _flush(os.fspath(target.parent))


def write_file(path: Path, content: bytes) -> None:
    """Write a file in one step, with the mode that it had; a reader sees the old content or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=".calcifer-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def remove_tree(path: Path) -> None:
    """Remove a directory that was being made, also where it has directories that cannot be written to."""
    for folder, _, _ in os.walk(path):
        Path(folder).chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)
