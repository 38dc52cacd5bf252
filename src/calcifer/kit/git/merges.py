"""The only place that merges: in memory, commits into a tree or the paths that conflict."""

from contextlib import suppress
from dataclasses import dataclass

import pygit2
from pygit2.enums import FileMode, MergeFlag

from calcifer.kit.git.durable import new_in
from calcifer.kit.git.known import Known
from calcifer.kit.git.trees import entries


@dataclass(frozen=True)
class Merge:
    """What merging would give: a tree, or the paths that conflict."""

    tree: str | None
    conflicts: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    """The objects that neither side had; nobody has flushed them to the disk yet."""


_KNOWN: Known[Merge] = Known(pairs=2048)


def commits(git: pygit2.Repository, ours: str, theirs: str) -> Merge:
    """Merge commit `theirs` into commit `ours`; the same two again cost nothing."""
    # Commits never change, so neither does their merge; its tree is in the object database by then.
    known = _KNOWN.get(git.path + ours, theirs)
    if known is None or (known[0].tree and known[0].tree not in git):  # pruned since: nothing named that tree
        known = (_commits(git, ours, theirs),)
        _KNOWN.put(git.path + ours, theirs, known)
    return known[0]


def _commits(git: pygit2.Repository, ours: str, theirs: str) -> Merge:
    base = git.merge_base(ours, theirs)
    if base and str(base) == ours:
        return Merge(str(git[theirs].peel(pygit2.Tree).id))  # writing an index would rewrite every folder
    if base and str(base) == theirs:
        return Merge(str(git[ours].peel(pygit2.Tree).id))
    return trees(git, str(base) if base else None, ours, theirs)


def trees(git: pygit2.Repository, base: str | None, ours: str, theirs: str) -> Merge:
    """Merge two trees or commits over `base` (None: the empty tree)."""
    if base:
        sides = [str(git[side].peel(pygit2.Tree).id) for side in (base, ours, theirs)]
        written: list[str] = []
        with suppress(ContentMerge):
            return Merge(by_trees(git, sides[0], sides[1], sides[2], written), (), tuple(written))
    index = _index(git, base, ours, theirs)
    if index.conflicts is not None:
        there = [side for triple in index.conflicts for side in triple if side is not None]
        return Merge(None, tuple(sorted({side.path for side in there})))
    return _written(git, index, ours, theirs)


class ContentMerge(Exception):
    """Both sides changed one thing: content has to be merged, or renames found."""


def by_trees(git: pygit2.Repository, base: str, ours: str, theirs: str, written: list[str]) -> str:
    """Merge where no path was changed by both sides; raises ContentMerge where one was.

    Writing an index writes every folder again, and a repository has as many files as it has; this touches the folders in which
    both sides did something. A path that both deleted may have been renamed by both: that is for libgit2, too.
    """
    was, mine, other = (entries(git, tree) for tree in (base, ours, theirs))
    builder = git.TreeBuilder(ours)
    for name in was.keys() | other.keys():
        before, here, there = was.get(name), mine.get(name), other.get(name)
        if before == there:
            continue
        if here == before:
            _put(builder, name, there)
        elif before and here and there and before[0] == here[0] == there[0] == FileMode.TREE and here != there:
            _put(builder, name, (FileMode.TREE, by_trees(git, before[1], here[1], there[1], written)))
        else:
            raise ContentMerge
    if not len(builder):
        raise ContentMerge  # a folder that becomes empty disappears
    merged = str(builder.write())
    written.append(merged)
    return merged


def _put(builder: pygit2.TreeBuilder, name: bytes, entry: tuple[int, str] | None) -> None:
    try:
        called = name.decode()
    except UnicodeDecodeError:
        raise ContentMerge from None  # pygit2 takes names as text only
    if entry is None:
        builder.remove(called)
    else:
        builder.insert(called, entry[1], entry[0])


def resolved(git: pygit2.Repository, ours: str, theirs: str) -> Merge:
    """Return a conflicting merge with our side of each conflicting path, theirs where we deleted it."""
    index = _index(git, _base(git, ours, theirs), ours, theirs)
    for triple in list(index.conflicts or ()):
        kept = triple[1] or triple[2]
        del index.conflicts[next(side.path for side in triple if side is not None)]
        if kept is not None:
            index.add(pygit2.IndexEntry(kept.path, kept.id, kept.mode))
    return _written(git, index, ours, theirs)


def _written(git: pygit2.Repository, index: pygit2.Index, ours: str, theirs: str) -> Merge:
    tree = str(index.write_tree(git))
    sides = [str(git[side].peel(pygit2.Tree).id) for side in (ours, theirs)]
    return Merge(tree, (), tuple(new_in(git, tree, sides)))


def marked(git: pygit2.Repository, ours: str, theirs: str, path: str) -> bytes | None:
    """Return a conflicting file with conflict marks, or None where one side has no such file."""
    index = _index(git, _base(git, ours, theirs), ours, theirs)
    for triple in list(index.conflicts or ()):
        if any(side and side.path == path for side in triple) and triple[1] and triple[2]:
            return git.merge_file_from_index(triple[0], triple[1], triple[2], use_deprecated=False).contents.encode()
    return None


def _base(git: pygit2.Repository, ours: str, theirs: str) -> str | None:
    base = git.merge_base(ours, theirs)
    return str(base) if base else None


def _index(git: pygit2.Repository, base: str | None, ours: str, theirs: str) -> pygit2.Index:
    ancestor = git[base].peel(pygit2.Tree).id if base else git.TreeBuilder().write()
    sides = git[ours].peel(pygit2.Tree), git[theirs].peel(pygit2.Tree)
    return git.merge_trees(ancestor, *sides, flags=MergeFlag.FIND_RENAMES)
