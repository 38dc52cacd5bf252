"""The only place that knows which folders of a repository are services, and to which of them a path belongs.

`.calcifer/folders` at the top of the repository lists them, a path a line; `.` is the rest of it. So whoever has a clone finds
them, and a repository without that file is one service and costs no walk. Lines that begin with `#` are for people.
"""

import posixpath
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from calcifer.kit.errors import Invalid, NotFound
from calcifer.kit.git.names import checked_new_path, visible
from calcifer.kit.git.repository import Repository

FILE = ".calcifer/folders"
REST = "."
"""How the file names what lies in no other service's folder; elsewhere that is the empty text."""
MOST = 1000
LARGEST_BYTES = 200_000
FILES = frozenset({0o100644, 0o100755})
_REMARK = "# Folders of this repository that are services of their own; '.' is the rest of it.\n"


@dataclass(frozen=True)
class Listing:
    """What the file lists: folders that main has, in order, and a sentence about each line that cannot count."""

    folders: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    absent: tuple[tuple[str, str], ...] = ()
    """Folders that main does not have, with a sentence; that of a service is told there."""


def listed(repository: Repository, commit: str | None) -> Listing:
    """Read the list of a commit; an empty one where there is none."""
    entry = repository.entry(commit, FILE) if commit else None
    if commit is None or entry is None:
        return Listing()
    if entry.mode not in FILES:
        return Listing(problems=(f"{FILE} is a link or a submodule, and no list.",))
    if repository.size(entry.oid) > LARGEST_BYTES:
        return Listing(problems=(f"{FILE} is too large to be a list of folders.",))
    lines = (repository.read(commit, FILE) or b"").decode("utf-8", "surrogateescape").split("\n")
    found: list[str] = []
    problems, absent = [], []
    for number, line in enumerate((line.removesuffix("\r") for line in lines[:MOST]), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            folder = "" if line == REST else checked_folder(line.rstrip("/"))
            _check_new(folder, found)
        except Invalid as error:
            problems.append(f"{FILE}, line {number}: {error.message}")
            continue
        if has(repository, commit, folder):
            found.append(folder)
        else:
            absent.append((folder, f"{FILE}, line {number}: There is no folder '{visible(folder)}' on main."))
    return Listing(tuple(found), tuple(problems), tuple(absent))


def _check_new(folder: str, found: Collection[str]) -> None:
    if folder in found:
        raise Invalid(f"'{visible(folder or REST)}' is there twice.")
    check_nested(folder, found)


def check_nested(folder: str, others: Iterable[str]) -> None:
    """Raise Invalid where a folder lies in one of the others, or around one."""
    for other in others:
        if folder and other and (is_inside(folder, other) or is_inside(other, folder)):
            inner, outer = (folder, other) if is_inside(other, folder) else (other, folder)
            raise Invalid(
                f"'{visible(inner)}' lies in '{visible(outer)}', and a service's folder cannot lie in another's."
            )


def checked_folder(folder: str) -> str:
    """Return `folder` if a service may be there: a path inside a repository that a line of the list can name; else Invalid."""
    checked_new_path(folder, "folder")
    if folder.startswith("#") or folder != folder.strip() or folder.split("/", maxsplit=1)[0] == ".calcifer":
        raise Invalid.field(
            "folder", f"The folder '{visible(folder)}' has a name that cannot be listed: rename it first."
        )
    return folder


def has(repository: Repository, commit: str, folder: str) -> bool:
    """Say whether a commit has the folder: neither a file nor a link is one."""
    try:
        repository.tree_of(commit, folder)
    except NotFound:
        return False
    return True


def with_folders(text: bytes | None, folders: Iterable[str]) -> bytes:
    """Return the text of the list with these folders in it; what was there stays as it is."""
    old = (text or b"").decode("utf-8", "surrogateescape")
    there = {line.removesuffix("\r").rstrip("/") for line in old.split("\n")}
    missing = [folder or REST for folder in folders if (folder or REST) not in there]
    if not missing:
        return text or b""
    end = "\n" if old and not old.endswith("\n") else ""
    lines = "".join(f"{folder}\n" for folder in missing)
    return ((old or _REMARK) + end + lines).encode("utf-8", "surrogateescape")


def is_inside(outer: str, path: str) -> bool:
    """Say whether a path lies in the folder `outer`, or is it; everything lies in the empty one."""
    return not outer or path == outer or path.startswith(f"{outer}/")


def owner(path: str, folders: Collection[str]) -> str | None:
    """Return the folder, of those that are services, that a path belongs to: the innermost; None where it belongs to none."""
    return max((folder for folder in folders if is_inside(folder, path)), key=len, default=None)


def owned(paths: Iterable[str], folder: str, folders: Collection[str]) -> list[str]:
    """Return those of the paths that belong to the service at `folder`."""
    return [path for path in paths if is_inside(folder, path) and owner(path, folders) == folder]


def relative(folder: str, path: str) -> str:
    """Return a path of the repository as one of the service at `folder`; what lies beside it begins with `..`."""
    return posixpath.relpath(path, folder) if folder else path


def placed(folder: str, path: str) -> str | None:
    """Return a path of the service at `folder` as one of the repository; None where it leads out of that."""
    found = posixpath.normpath(posixpath.join(folder, path))
    return None if found.startswith("../") or found in ("..", ".") else found
