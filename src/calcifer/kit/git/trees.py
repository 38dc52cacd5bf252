"""The only place that builds trees: a few paths of a tree changed, the rest shared with the old one."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pygit2
from pygit2.enums import FileMode, ObjectType

from calcifer.kit.errors import Conflict


@dataclass(frozen=True)
class Blob:
    """A file in a tree: its git mode (0o100644, 0o100755, 0o120000 for a link, 0o160000 for a submodule) and object id."""

    oid: str
    mode: int = FileMode.BLOB


Edits = Mapping[str, "Blob | None"]


def blob_of(content: bytes) -> Blob:
    """Return the file that these bytes would be, without storing them."""
    return Blob(str(pygit2.hash(content)))


_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)


def entries(repository: pygit2.Repository, tree: str) -> dict[bytes, tuple[int, str]]:
    """Return mode and id of each entry by its name; from the tree's bytes, since objects for a thousand entries take a while."""
    _, raw = repository.odb.read(tree)
    return {name: (int(mode, 8), oid.hex()) for mode, name, oid in _ENTRY.findall(raw)}


def edited(repository: pygit2.Repository, tree: str | None, edits: Edits) -> list[str]:
    """Return the ids of the trees that are `tree` (None: the empty one) with each path of `edits` put at its blob, or removed
    for None; the whole one last.

    Folders that become empty disappear, as git has it. Raises Conflict where a file stands where a folder is needed.
    """
    written: list[str] = []
    made = _edited(repository, tree, edits, "", written)
    if made is None:
        written.append(str(repository.TreeBuilder().write()))
    return written


def _edited(
    repository: pygit2.Repository, tree: str | None, edits: Edits, where: str, written: list[str]
) -> pygit2.Oid | None:
    builder = _builder(repository, tree, edits)
    below: dict[str, dict[str, Blob | None]] = {}
    for path, blob in edits.items():
        name, _, rest = path.partition("/")
        if rest:
            below.setdefault(name, {})[rest] = blob
        elif blob is not None:
            there = builder.get(name)
            if there is not None and there.filemode == FileMode.TREE:
                raise Conflict(f"'{where}{name}' is a folder: a file cannot take its place.")
            builder.insert(name, pygit2.Oid(hex=blob.oid), FileMode(blob.mode))
        elif builder.get(name) is not None:
            builder.remove(name)
    for name, inner in below.items():
        entry = builder.get(name)
        if entry is not None and entry.filemode != FileMode.TREE:
            if all(blob is None for blob in inner.values()):
                continue
            raise Conflict(f"'{where}{name}' is a file: nothing can lie below it.")
        child = _edited(repository, str(entry.id) if entry else None, inner, f"{where}{name}/", written)
        if child is not None:
            builder.insert(name, child, FileMode.TREE)
        elif entry is not None:
            builder.remove(name)
    if not len(builder):
        return None
    made = builder.write()
    written.append(str(made))
    return made


class _Entry(Protocol):
    @property
    def filemode(self) -> FileMode: ...
    @property
    def id(self) -> pygit2.Oid: ...


class _Builder(Protocol):
    def get(self, name: str, /) -> _Entry | None: ...
    def insert(self, name: str, oid: pygit2.Oid, attr: FileMode, /) -> None: ...
    def remove(self, name: str, /) -> None: ...
    def write(self) -> pygit2.Oid: ...
    def __len__(self) -> int: ...


def _builder(repository: pygit2.Repository, tree: str | None, edits: Edits) -> _Builder:
    if any("\udc80" <= character <= "\udcff" for path in edits for character in path):
        return _RawBuilder(repository, tree)
    return repository.TreeBuilder(tree) if tree else repository.TreeBuilder()


@dataclass(frozen=True)
class _RawEntry:
    filemode: FileMode
    id: pygit2.Oid


class _RawBuilder:
    """Does what pygit2's does, which takes no name that is not UTF-8; such names are there already, nobody can give one."""

    def __init__(self, repository: pygit2.Repository, tree: str | None) -> None:
        self._repository = repository
        found = entries(repository, tree) if tree else {}
        self._entries = {name: _RawEntry(FileMode(mode), pygit2.Oid(hex=oid)) for name, (mode, oid) in found.items()}

    def get(self, name: str) -> _RawEntry | None:
        return self._entries.get(os.fsencode(name))

    def insert(self, name: str, oid: pygit2.Oid, attr: FileMode) -> None:
        self._entries[os.fsencode(name)] = _RawEntry(attr, oid)

    def remove(self, name: str) -> None:
        del self._entries[os.fsencode(name)]

    def write(self) -> pygit2.Oid:
        def as_git_sorts(item: tuple[bytes, _RawEntry]) -> bytes:
            name, entry = item
            return name + b"/" if entry.filemode == FileMode.TREE else name

        raw = b"".join(
            b"%o %s\0%s" % (entry.filemode, name, entry.id.raw)
            for name, entry in sorted(self._entries.items(), key=as_git_sorts)
        )
        return self._repository.odb.write(ObjectType.TREE, raw)

    def __len__(self) -> int:
        return len(self._entries)
