"""The only place that reads objects of a repository and writes new ones; ref moves are only proposed here.

A `Repository` lives as long as one unit of work. Its view of refs is git's, overlaid by what the unit has proposed, so that one
unit can open, commit and complete, and still move each ref once.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import AttrCheck, DiffOption, FileMode, ObjectType, SortMode

from calcifer.kit.errors import Conflict, Invalid, NotFound
from calcifer.kit.git import durable, merges, packing, trees
from calcifer.kit.git.known import Known
from calcifer.kit.git.loose import guarded
from calcifer.kit.git.merges import Merge
from calcifer.kit.git.moves import RefMove
from calcifer.kit.git.objects import Change, Commit, Entry, Person, change_of, commit_of, files_of, has_changed, kind_of
from calcifer.kit.git.opening import attributes_beside_repositories, opened_for_refs
from calcifer.kit.git.signing import signature
from calcifer.kit.git.trees import Blob, Edits

__all__ = ["HEADS", "Change", "Commit", "Entry", "Person", "Repository", "TooBig"]
HEADS = "refs/heads/"
LOOK = 20_000
"""How many commits are looked at for those that changed a path."""
MOST_READ_BYTES = 64_000_000
"""What a request may read of one file: it is held in memory, and so is what is made of it."""


class TooBig(Invalid):
    """A file has more bytes than a request may read."""


_FILES = (FileMode.BLOB, FileMode.BLOB_EXECUTABLE)
_CHANGES: Known[Change] = Known()


class Repository:
    """One repository at `path` (its main checkout, or the bare directory), and what this unit of work proposes for its refs."""

    def __init__(self, path: Path, on_proposal: Callable[[Path], None] | None = None) -> None:
        """Open; raises NotFound where there is no repository and Unavailable where it cannot be read.

        `on_proposal` is told of the first ref move that is proposed.
        """
        self.path = path
        self._on_proposal = on_proposal
        self.moves: dict[str, RefMove] = {}
        self.removed_worktrees: list[Path] = []
        self._written: set[str] = set()  # and nobody has flushed it yet
        self.origins: set[Path] = set()  # checkouts whose own edits become the commit that moves their branch
        self._handle = opened_for_refs(path)

    @cached_property
    def _git(self) -> pygit2.Repository:
        return guarded(self._handle)

    @cached_property
    def git_dir(self) -> Path:
        """Where the objects and refs are."""
        return Path(self._handle.path)

    @property
    def is_bare(self) -> bool:
        """Whether it has no checkout."""
        return self._handle.is_bare

    # -- refs ---------------------------------------------------------------------------------------------------------

    def tip(self, ref: str) -> str | None:
        """Return the commit at `ref` as this unit sees it, or None."""
        if ref in self.moves:
            return self.moves[ref].new
        return self._stored_tip(ref)

    def _stored_tip(self, ref: str) -> str | None:
        try:
            reference = self._handle.lookup_reference(ref)
        except (KeyError, pygit2.InvalidSpecError):
            return None
        try:
            return str(reference.resolve().target)
        except (KeyError, pygit2.GitError):
            return None  # a symbolic ref to a branch without commits

    def branch(self, name: str) -> str | None:
        """Return the commit of branch `name`, or None."""
        return self.tip(HEADS + name)

    def refs(self, prefix: str) -> dict[str, str]:
        """Return every ref below `prefix` with its object id, as this unit sees them."""
        names = (name for name in self._handle.listall_references() if name.startswith(prefix))
        found = {name: tip for name in names if (tip := self._stored_tip(name))}
        for move in self.moves.values():
            if move.ref.startswith(prefix):
                found.pop(move.ref, None)
                if move.new:
                    found[move.ref] = move.new
        return found

    def head_branch(self) -> str | None:
        """Return the branch that the main checkout's HEAD names, even without commits; None where HEAD is detached."""
        target = self._handle.lookup_reference("HEAD").target
        return target.removeprefix(HEADS) if isinstance(target, str) else None

    def propose(self, ref: str, old: str | None, new: str | None) -> None:
        """Propose to move `ref` from `old` (what the caller based its work on) to `new`; None stands for "does not exist"."""
        known = self.moves.get(ref)
        if known is not None and known.new != old:
            raise Conflict(f"'{ref}' was already moved in this step.")
        if self._on_proposal is not None:
            self._on_proposal(self.path)
            self._on_proposal = None
        first = known.old if known else old
        if first == new:
            self.moves.pop(ref, None)
        else:
            self.moves[ref] = RefMove(ref, first, new)

    # -- objects ------------------------------------------------------------------------------------------------------

    def commit(self, oid: str) -> Commit:
        """Return the commit with this id; NotFound where there is none."""
        found = self._get(oid)
        if not isinstance(found, pygit2.Commit):
            raise NotFound(f"{self.path.name} has no commit {oid[:12]}.")
        return commit_of(found)

    def has(self, oid: str) -> bool:
        """Whether there is an object with this id; one that nothing names is pruned some day."""
        return oid in self._git

    def _get(self, oid: str) -> Any:
        # Any, because pygit2's stubs do not have Commit, Tree and Blob below Object.
        try:
            return self._git.get(oid)
        except ValueError:
            return None  # no object id at all

    def _tree(self, rev: str) -> pygit2.Tree:
        found = self._get(rev)
        if found is None:
            raise NotFound(f"{self.path.name} has no commit {rev[:12]}.")
        try:
            tree: pygit2.Tree = found.peel(pygit2.Tree)
        except pygit2.GitError:
            if isinstance(found, pygit2.Commit):
                raise  # it has one, which is damaged
            raise NotFound(f"{rev[:12]} in {self.path.name} has no files.") from None
        return tree

    def _object(self, rev: str, path: str) -> pygit2.Object | None:
        tree = self._tree(rev)
        try:
            return tree[path] if path else tree
        except KeyError:
            return None

    def tree_of(self, rev: str, folder: str = "") -> str:
        """Return the tree id of a commit or tree, or of a folder in it; NotFound where there is none."""
        return str(self._folder(rev, folder).id)

    def _folder(self, rev: str, path: str) -> pygit2.Tree:
        tree = self._object(rev, path)
        if not isinstance(tree, pygit2.Tree):
            raise NotFound(f"There is no folder '{path}' in {self.path.name}.")
        return tree

    def entry(self, rev: str, path: str) -> Blob | None:
        """Return mode and id of the file at `path` in a commit or tree, or None (also for folders)."""
        found = self._object(rev, path)
        return None if found is None or found.type == ObjectType.TREE else Blob(str(found.id), found.filemode)

    def read(self, rev: str, path: str) -> bytes | None:
        """Return the stored bytes of the file at `path`, or None where there is no file."""
        entry = self.entry(rev, path)
        return None if entry is None or entry.mode == FileMode.COMMIT else self.blob(entry.oid)

    def blob(self, oid: str) -> bytes:
        """Return the bytes of a blob; TooBig where nobody should hold them in memory."""
        size = self.size(oid)
        if size > MOST_READ_BYTES:
            words = f"A file of {self.path.name} is too big to be read here ({size / 1e6:,.0f} MB)."
            raise TooBig(words, mend="Look at it in a clone, or in a checkout.")
        found = self._get(oid)
        if not isinstance(found, pygit2.Blob):
            raise NotFound(f"{self.path.name} has no file object {oid[:12]}.")
        return found.data

    def size(self, oid: str) -> int:
        """Return the size of a blob in bytes without reading it all."""
        try:
            kind, size = self._git.odb.read_header(oid)
        except (KeyError, ValueError):
            return 0
        return size if kind == ObjectType.BLOB else 0

    def folder(self, rev: str, path: str = "", *, most: int | None = None) -> list[Entry]:
        """Return the entries of a folder, folders first; NotFound where there is no such folder.

        With `most` only the first ones, and these with their sizes: an object each has to be looked at.
        """
        every = trees.entries(self._git, str(self._folder(rev, path).id)).items()
        found = sorted(every, key=lambda entry: (entry[1][0] != FileMode.TREE, entry[0]))
        entries = []
        for name, (mode, oid) in found[:most]:
            where = f"{path}/{os.fsdecode(name)}" if path else os.fsdecode(name)
            size = self.size(oid) if most is not None and mode not in (FileMode.TREE, FileMode.COMMIT) else None
            entries.append(Entry(where, kind_of(mode), oid, mode, size))
        return entries

    def names(self, rev: str, path: str = "") -> list[str]:
        """Return the names of the files in a folder, without looking at them; none where there is no such folder."""
        tree = self._object(rev, path)
        found = trees.entries(self._git, str(tree.id)).items() if isinstance(tree, pygit2.Tree) else ()
        return [name.decode(errors="replace") for name, (mode, _) in found if mode in _FILES]

    def paths(self, rev: str, prefix: str = "") -> Iterator[tuple[str, Blob]]:
        """Yield every file below `prefix` with its blob, in git's order."""
        tree = self._object(rev, prefix)
        if isinstance(tree, pygit2.Tree):
            yield from files_of(tree, prefix)

    def write_blob(self, content: bytes) -> str:
        """Store bytes as they are; a path with filters must go through a checkout instead."""
        return self._noted(str(self._git.create_blob(content)))

    def _noted(self, *oids: str) -> str:
        self._written.update(oids)
        return oids[-1]

    def flush(self) -> None:
        """Let everything that was written here survive a power cut; refs must not name it before."""
        durable.flush(self.git_dir / "objects", self._written)
        self._written.clear()

    def note(self, ref: str, oid: str) -> None:
        """Let `ref` name an object at once, beside any unit of work: for what only says something, and may be said again.

        That costs no process. A repository that cannot be written stays as it is.
        """
        self.flush()
        with suppress(pygit2.GitError, OSError):
            self._git.references.create(ref, oid, force=True)
            durable.flush_files([self.git_dir / ref])

    def edit(self, tree: str | None, edits: Edits) -> str:
        """Return `tree` (id of a tree or commit, None: the empty tree) with `edits` applied; see `trees.edited`."""
        return self._noted(*trees.edited(self._git, self.tree_of(tree) if tree else None, edits))

    def write_commit(self, tree: str, parents: list[str], message: str, author: Person, at: datetime) -> str:
        """Store a commit that no ref names yet, and return its id."""
        signed = signature(author, at)
        return self._noted(str(self._git.create_commit(None, signed, signed, message, tree, parents)))

    # -- history ------------------------------------------------------------------------------------------------------

    def log(
        self,
        tip: str,
        *,
        without: str | None = None,
        after: str | None = None,
        limit: int = 50,
        first_parent: bool = False,
    ) -> list[Commit]:
        """Return up to `limit` commits from `tip`, newest first, leaving out what `without` reaches; only those that come after the
        commit `after` in this order.
        """
        walker = self._git.walk(tip, SortMode.TOPOLOGICAL | SortMode.TIME if without else SortMode.TIME)
        if without:
            walker.hide(without)
        if first_parent:
            walker.simplify_first_parent()
        found: list[Commit] = []
        skipping = after is not None
        for commit in walker:
            if skipping:
                skipping = str(commit.id) != after
                continue
            found.append(commit_of(commit))
            if len(found) >= limit:
                break
        return found

    def file_log(self, tip: str, path: str, *, after: str | None = None, limit: int = 50) -> list[Commit]:
        """Return up to `limit` commits that changed `path`, newest first, those after the commit `after`; LOOK are looked at."""
        walker: Iterator[pygit2.Commit] = islice(self._git.walk(tip, SortMode.TIME), LOOK)
        if after is not None:
            walker = islice(dropwhile(lambda commit: str(commit.id) != after, walker), 1, None)
        return [commit_of(commit) for commit in islice((one for one in walker if has_changed(one, path)), limit)]

    def ahead_behind(self, local: str, upstream: str) -> tuple[int, int]:
        """Return how many commits `local` has that `upstream` lacks, and the other way round."""
        return self._git.ahead_behind(local, upstream)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor, or None."""
        base = self._git.merge_base(one, other)
        return str(base) if base else None

    def contains(self, tip: str, commit: str) -> bool:
        """Whether `commit` is `tip` or one of its ancestors."""
        return tip == commit or self._git.descendant_of(tip, commit)

    def missing_from(self, tip: str | None, wanted: Iterable[str]) -> set[str]:
        """Return those of the commits `wanted` that are not `tip` or one of its ancestors; one walk for all of them."""
        missing = set(wanted)
        for commit in self._git.walk(tip, SortMode.NONE) if tip and missing else ():
            missing.discard(str(commit.id))
            if not missing:
                break
        return missing

    def changes(self, old: str | None, new: str) -> list[Change]:
        """Return the paths that differ between two trees or commits, by path."""
        tree = self._tree(new)
        before = self._tree(old) if old else None
        between = (str(before.id) if before else "", str(tree.id))
        known = _CHANGES.get(*between)
        if known is None:
            options = DiffOption.INCLUDE_TYPECHANGE | DiffOption.SKIP_BINARY_CHECK
            diff = before.diff_to_tree(tree, flags=options) if before else tree.diff_to_tree(flags=options, swap=True)
            known = tuple(sorted((change_of(delta) for delta in diff.deltas), key=lambda change: change.path))
            _CHANGES.put(*between, known)
        return list(known)

    def patch(self, old: str | None, new: str, *, context: int = 3, renames: bool = True) -> pygit2.Diff:
        """Return libgit2's diff between two trees, with renames found; `calcifer.kit.git.diffs` turns it into rows."""
        tree = self._tree(new)
        if old:
            diff = self._tree(old).diff_to_tree(tree, context_lines=context)
        else:
            diff = tree.diff_to_tree(context_lines=context, swap=True)
        if renames:
            diff.find_similar()
        return diff

    def has_many_loose(self) -> bool:
        """Whether packing its objects is worth the while."""
        return packing.has_many_loose(self.git_dir)

    # -- merging ------------------------------------------------------------------------------------------------------

    def merge(self, ours: str, theirs: str) -> Merge:
        """Merge commit `theirs` into `ours` in memory: the tree, or the conflicting paths. No ref and no checkout is touched."""
        return self._merged(merges.commits(self._git, ours, theirs))

    def _merged(self, merge: Merge) -> Merge:
        self._written.update(merge.written)
        return merge

    def merge_trees(self, base: str | None, ours: str, theirs: str) -> Merge:
        """Merge two trees or commits over `base` (None: the empty tree)."""
        return self._merged(merges.trees(self._git, base, ours, theirs))

    def merge_resolved(self, ours: str, theirs: str) -> str:
        """Return the tree of a merge that conflicts, with our side of each conflicting path where there is one."""
        tree = self._merged(merges.resolved(self._git, ours, theirs)).tree
        assert tree
        return tree

    def conflict(self, ours: str, theirs: str, path: str) -> bytes | None:
        """Return the file with conflict marks as git would leave it, or None where one side deleted it."""
        return merges.marked(self._git, ours, theirs, path)

    def attribute(self, path: str, name: str, commit: str) -> str | bool | None:
        """Return a gitattribute of `path` as of `commit` (True, False, a text, or None where it is unspecified)."""
        if not self._has_attributes(path, commit):
            return None  # libgit2 would read the whole index first
        return self._git.get_attr(path, name, AttrCheck.INCLUDE_COMMIT | AttrCheck.INDEX_ONLY, commit)

    def _has_attributes(self, path: str, commit: str) -> bool:
        """Whether any file could give `path` an attribute: on its way in the commit, in this repository, of the user or machine."""
        parts = path.split("/")
        if any(self.entry(commit, "/".join([*parts[:depth], ".gitattributes"])) for depth in range(len(parts))):
            return True
        if (self.git_dir / "info" / "attributes").exists() or "core.attributesfile" in self._git.config:
            return True
        return attributes_beside_repositories()

    def remote_url(self, name: str = "origin") -> str | None:
        """Return the address of a remote, or None."""
        try:
            return self._handle.remotes[name].url
        except KeyError:
            return None
