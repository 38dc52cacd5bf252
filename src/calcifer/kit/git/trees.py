"""The only place that builds trees: a few paths of a tree changed, the rest shared with the old one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pygit2
from pygit2.enums import FileMode

from calcifer.kit.errors import Conflict


@dataclass(frozen=True)
class Blob:
    """A file in a tree: its git mode (0o100644, 0o100755, 0o120000 for a link, 0o160000 for a submodule) and object id."""

    oid: str
    mode: int = FileMode.BLOB


Edits = Mapping[str, "Blob | None"]


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
    made = _edited(repository, repository[tree] if tree else None, edits, "", written)
    if made is None:
        written.append(str(repository.TreeBuilder().write()))
    return written


def _edited(
    repository: pygit2.Repository, tree: pygit2.Object | None, edits: Edits, where: str, written: list[str]
) -> pygit2.Oid | None:
    builder = repository.TreeBuilder(tree) if isinstance(tree, pygit2.Tree) else repository.TreeBuilder()
    below: dict[str, dict[str, Blob | None]] = {}
    for path, blob in edits.items():
        name, _, rest = path.partition("/")
        if rest:
            below.setdefault(name, {})[rest] = blob
        elif blob is not None:
            there = _found(builder, name)
            if there is not None and there.filemode == FileMode.TREE:
                raise Conflict(f"'{where}{name}' is a folder: a file cannot take its place.")
            builder.insert(name, blob.oid, blob.mode)
        elif _found(builder, name) is not None:
            builder.remove(name)
    for name, inner in below.items():
        entry = _found(builder, name)
        if entry is not None and entry.filemode != FileMode.TREE:
            if all(blob is None for blob in inner.values()):
                continue
            raise Conflict(f"'{where}{name}' is a file: nothing can lie below it.")
        child = _edited(repository, entry, inner, f"{where}{name}/", written)
        if child is not None:
            builder.insert(name, child, FileMode.TREE)
        elif entry is not None:
            builder.remove(name)
    if not len(builder):
        return None
    made = builder.write()
    written.append(str(made))
    return made


def _found(builder: pygit2.TreeBuilder, name: str) -> pygit2.Object | None:
    return builder.get(name)  # the stubs say that it is never None
