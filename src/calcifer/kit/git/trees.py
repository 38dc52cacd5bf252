"""The only place that builds trees: a few paths of a tree changed, the rest shared with the old one."""

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


def edited(repository: pygit2.Repository, tree: str | None, edits: Edits) -> str:
    """Return the id of `tree` (None: the empty one) with each path of `edits` put at its blob, or removed for None.

    Folders that become empty disappear, as git has it. Raises Conflict where a file stands where a folder is needed.
    """
    return str(_edited(repository, repository[tree] if tree else None, edits, "") or repository.TreeBuilder().write())


def _edited(repository: pygit2.Repository, tree: pygit2.Object | None, edits: Edits, where: str) -> pygit2.Oid | None:
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
        child = _edited(repository, entry, inner, f"{where}{name}/")
        if child is not None:
            builder.insert(name, child, FileMode.TREE)
        elif entry is not None:
            builder.remove(name)
    return builder.write() if len(builder) else None


def _found(builder: pygit2.TreeBuilder, name: str) -> pygit2.Object | None:
    return builder.get(name)  # the stubs say that it is never None
