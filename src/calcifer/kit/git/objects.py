"""What objects are to those outside of this package: plain values, made of what pygit2 gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pygit2
from pygit2.enums import DeltaStatus, FileMode

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


def commit_of(found: pygit2.Commit) -> Commit:
    author = found.author
    try:
        name, mail = author.name, author.email or ""
    except UnicodeDecodeError:
        name, mail = author.raw_name.decode("utf-8", "replace"), author.raw_email.decode("utf-8", "replace")
    zone = timezone(timedelta(minutes=found.commit_time_offset))
    at = datetime.fromtimestamp(found.commit_time, zone).astimezone(UTC)
    message = found.raw_message.decode("utf-8", "replace")
    parents = tuple(str(parent) for parent in found.parent_ids)
    return Commit(str(found.id), str(found.tree_id), parents, Person(name, mail), at, message)


_KINDS = {FileMode.TREE: "folder", FileMode.LINK: "link", FileMode.COMMIT: "submodule"}


def entry_of(item: pygit2.Object, path: str) -> Entry:
    kind = _KINDS.get(item.filemode, "file")
    return Entry(path, kind, str(item.id), item.filemode, item.size if isinstance(item, pygit2.Blob) else None)


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
