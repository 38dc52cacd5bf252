"""What objects are to those outside of this package: plain values, made of what pygit2 gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pygit2
from pygit2.enums import DeltaStatus, FileMode

from calcifer.kit.git.names import is_reachable, visible
from calcifer.kit.git.trees import Blob


@dataclass(frozen=True)
class Person:
    """Who signs a commit."""

    name: str
    mail: str


@dataclass(frozen=True)
class Commit:
    """One commit as lists and pages show it."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    at: datetime
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.strip().partition("\n")[0]


@dataclass(frozen=True)
class Change:
    """One path that differs between two trees; `old` or `new` is None where the file is not there. Renames are two changes."""

    path: str
    old: Blob | None
    new: Blob | None


@dataclass(frozen=True)
class Entry:
    """One line of a folder: `kind` is "file", "folder", "link" or "submodule"; size in bytes (files only)."""

    path: str
    kind: str
    oid: str
    mode: int
    size: int | None = None

    @property
    def name(self) -> str:
        """Its name as people are shown it."""
        return visible(self.path.rpartition("/")[2])

    @property
    def is_reachable(self) -> bool:
        """Whether an address can name it."""
        return is_reachable(self.path)


def instant(seconds: int) -> datetime:
    """Return when that was; a time that is in no calendar, as broken programs write them, counts as the first of 1970."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def commit_of(found: pygit2.Commit) -> Commit:
    author = found.author
    try:
        name, mail = author.name, author.email or ""
    except UnicodeDecodeError:
        name, mail = author.raw_name.decode("utf-8", "replace"), author.raw_email.decode("utf-8", "replace")
    message = found.raw_message.decode("utf-8", "replace")
    parents = tuple(str(parent) for parent in found.parent_ids)
    return Commit(str(found.id), str(found.tree_id), parents, Person(name, mail), instant(found.commit_time), message)


_KINDS: dict[int, str] = {FileMode.TREE: "folder", FileMode.LINK: "link", FileMode.COMMIT: "submodule"}


def kind_of(mode: int) -> str:
    return _KINDS.get(mode, "file")


def files_of(tree: pygit2.Tree, prefix: str) -> Iterator[tuple[str, Blob]]:
    for item in tree:
        path = f"{prefix}/{item.name}" if prefix else item.name or ""
        if isinstance(item, pygit2.Tree):
            yield from files_of(item, path)
        else:
            yield path, Blob(str(item.id), item.filemode)


def change_of(delta: pygit2.DiffDelta) -> Change:
    old, new = delta.old_file, delta.new_file
    return Change(
        new.path or old.path,
        None if delta.status == DeltaStatus.ADDED else Blob(str(old.id), old.mode),
        None if delta.status == DeltaStatus.DELETED else Blob(str(new.id), new.mode),
    )


def has_changed(commit: pygit2.Commit, path: str) -> bool:
    """Say whether a commit has something else at `path`, a file or a folder, than each of its parents."""
    here = _oid_at(commit, path)
    parents = [_oid_at(parent, path) for parent in commit.parents]
    return here not in parents if parents else here is not None


def _oid_at(commit: pygit2.Commit, path: str) -> pygit2.Oid | None:
    try:
        return commit.tree[path].id
    except KeyError:
        return None
