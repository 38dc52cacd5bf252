"""The only place that reads commits and trees of a history that is to be taken apart; nothing is written there."""

import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

import pygit2
from pygit2.enums import FileMode, ObjectType, SortMode

from calcifer.kit.errors import Invalid, NotFound
from calcifer.kit.git import trees
from calcifer.kit.git.damage import told
from calcifer.kit.git.loose import guarded, objects_of
from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import HEADS, Repository

Parts = tuple[tuple[bytes, bytes], ...]
"""Path in the source (of a folder or a file) and its place in the new repository; b"" is the top."""
Value = tuple[int, str] | None
"""Mode and id of what lies at a path, or None."""


@dataclass(frozen=True, slots=True)
class Point:
    """A commit as tracing sees it."""

    oid: str
    tree: str
    parents: tuple[str, ...]


def parts(places: Mapping[str, str]) -> Parts:
    """Return what a person says as `{"app": "", "docs": "docs"}`; Invalid where two lie within each other."""
    made = tuple((os.fsencode(source), os.fsencode(place)) for source, place in places.items())
    for path, _ in made:
        if any(part in (b"", b".", b"..") for part in path.split(b"/")) and path:
            raise Invalid(f"'{shown(path)}' is no path in a repository.")
    for path, _ in made:
        for other, _ in made:
            if path != other and (not path or other.startswith(path + b"/")):
                raise Invalid(f"'{shown(other)}' lies in '{shown(path)}': both cannot be taken.")
    return made


def shown(path: bytes) -> str:
    """Return a path for a sentence."""
    return visible(os.fsdecode(path))


class Source:
    """A repository that is read: its commits, trees and tags. Use it as a context, which turns damage into a sentence."""

    def __init__(self, path: Path) -> None:
        """Open; raises NotFound or Unavailable as `Repository` does."""
        Repository(path)
        self.path = path
        self.git = guarded(pygit2.Repository(str(path)))
        # As much as a walk needs beside each other; a tree may have thousands of entries.
        self.entries = lru_cache(256)(self._entries)
        self._told: list[AbstractContextManager[None]] = []

    def __enter__(self) -> Self:
        """Begin to read."""
        self._told.append(told(self.path))
        self._told[-1].__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Turn what libgit2 could not read into Unavailable."""
        return self._told.pop().__exit__(kind, error, trace)

    @property
    def objects(self) -> Path:
        """The directory of its objects, also for a linked worktree."""
        return objects_of(self.git)

    @property
    def is_shallow(self) -> bool:
        """Whether its history has been cut off."""
        return self.git.is_shallow

    def tip(self, branch: str) -> str:
        """Return the commit of a branch; NotFound where there is none."""
        try:
            return str(self.git.lookup_reference(HEADS + branch).resolve().target)
        except (KeyError, pygit2.InvalidSpecError):
            raise NotFound(f"{self.path.name} has no branch '{visible(branch)}'.") from None

    def head(self) -> str | None:
        """Return the commit that is checked out, or None where there is no checkout or no commit."""
        if self.git.is_bare:
            return None
        try:
            return str(self.git.lookup_reference("HEAD").resolve().target)
        except (KeyError, pygit2.GitError):
            return None

    def branches(self) -> dict[str, str]:
        """Return the commit of each branch by its name."""
        heads = (name for name in self.git.listall_references() if name.startswith(HEADS))
        return {name.removeprefix(HEADS): str(self.git.lookup_reference(name).resolve().target) for name in heads}

    def ahead(self, branch: str, main: str) -> int:
        """Return how many commits a branch has that main does not have."""
        return self.git.ahead_behind(branch, main)[0]

    def points(self, tips: Iterable[str], *, without: str | None = None) -> list[Point]:
        """Return the commits that `tips` reach and `without` does not, each before its parents."""
        walker = self.git.walk(None, SortMode.TOPOLOGICAL)
        for tip in tips:
            walker.push(tip)
        if without is not None:
            walker.hide(without)
        return [Point(str(commit.id), str(commit.tree_id), tuple(map(str, commit.parent_ids))) for commit in walker]

    def raw(self, oid: str) -> bytes:
        """Return the bytes of an object."""
        return self.git.odb.read(oid)[1]

    def size(self, oid: str) -> int:
        """Return the size of an object."""
        return int(self.git.odb.read_header(oid)[1])

    def _entries(self, tree: str) -> dict[bytes, tuple[int, str]]:
        return trees.entries(self.git, tree)

    def at(self, tree: str, path: bytes) -> Value:
        """Return mode and id of what is at `path` below a tree."""
        if path and b"/" not in path:
            return self.entries(tree).get(path)
        found: tuple[int, str] = (FileMode.TREE, tree)
        for name in path.split(b"/") if path else ():
            if found[0] != FileMode.TREE:
                return None
            inner = self.entries(found[1]).get(name)
            if inner is None:
                return None
            found = inner
        return found

    def folder(self, commit: str, path: bytes = b"") -> dict[bytes, bool] | None:
        """Return the names in a folder of a commit, and whether each is a folder too; None where it is none."""
        found = self.at(str(self.git[commit].peel(pygit2.Tree).id), path)
        if found is None or found[0] != FileMode.TREE:
            return None
        return {name: mode == FileMode.TREE for name, (mode, _) in self.entries(found[1]).items()}

    def is_at(self, commit: str, path: bytes) -> bool:
        """Say whether a commit has anything at a path."""
        return self.at(str(self.git[commit].peel(pygit2.Tree).id), path) is not None

    def tags(self) -> dict[str, str]:
        """Return the object of each tag by its name (`refs/tags/…`)."""
        found = {}
        for name in self.git.listall_references():
            if name.startswith("refs/tags/"):
                target = self.git.lookup_reference(name).resolve().target
                found[name] = str(target)
        return found

    def tagged(self, oid: str) -> str | None:
        """Return the commit that a tag's object leads to, or None where it is about a tree or a file."""
        found = self.git[oid]
        try:
            return str(found.peel(pygit2.Commit).id)
        except (pygit2.GitError, pygit2.InvalidSpecError):
            return None

    def is_tag(self, oid: str) -> bool:
        """Say whether an object is an annotated tag."""
        return self.git.odb.read_header(oid)[0] == ObjectType.TAG
