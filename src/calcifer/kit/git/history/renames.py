"""The only place that decides where a folder or file came from that is in a commit and not in its parent."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import pygit2
from pygit2.enums import DeltaStatus, FileMode

from calcifer.kit.git.history.sources import Parts, Source

EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
_LOOKED_AT = 8  # folders that share paths with the new one, most first
_LARGEST_BYTES = 4_000_000  # of what is compared by lines
_LINE_BYTES = 64
File = tuple[bytes, str]
Removed = dict[bytes, list[File]]


class Renames:
    """Where things came from, asked by tree and by path."""

    def __init__(self, source: Source) -> None:
        """Look in `source`."""
        self._source = source
        self._removed = lru_cache(16)(self._find_removed)
        self._similar = lru_cache(10_000)(self._compare)
        self.came_from = lru_cache(10_000)(self._came_from)

    def _came_from(self, old: str, new: str, path: bytes) -> Parts | None:
        """Return what in the tree `old` became `path` in the tree `new`, each with its place below `path`; None for nothing."""
        here = self._source.at(new, path)
        if here is None or here[0] == FileMode.COMMIT:
            return None
        removed = self._removed(old, new)
        if not removed:
            return None
        if here[0] == FileMode.TREE:
            return self._folder(removed, old, new, path, here[1])
        file = self._file(removed, path, here[1])
        return None if file is None else ((file, b""),)

    def _find_removed(self, old: str, new: str) -> Removed:
        """Return the files that are in `old` and not in `new`, by their last name."""
        one, other = self._source.git[old], self._source.git[new]
        assert isinstance(one, pygit2.Tree)
        assert isinstance(other, pygit2.Tree)
        found: Removed = {}
        for delta in one.diff_to_tree(other).deltas:
            if delta.status == DeltaStatus.DELETED and delta.old_file.mode != FileMode.COMMIT:
                path, oid = delta.old_file.raw_path, str(delta.old_file.id)
                if oid != EMPTY:
                    found.setdefault(path.rpartition(b"/")[2], []).append((path, oid))
        return found

    def _folder(self, removed: Removed, old: str, new: str, path: bytes, tree: str) -> Parts | None:
        files = [(name, oid) for name, oid in self._files(tree) if oid != EMPTY]
        tails: dict[bytes, list[tuple[str, str]]] = {}
        for name, oid in files:
            for where, gone in removed.get(name.rpartition(b"/")[2], ()):
                if where == name or where.endswith(b"/" + name):
                    tails.setdefault(where[: -len(name) - 1] if where != name else b"", []).append((gone, oid))
        exact = {folder: sum(gone == oid for gone, oid in pairs) for folder, pairs in tails.items()}
        best = sorted(tails, key=lambda folder: (-exact[folder], -len(tails[folder]), folder))
        for folder in best[:_LOOKED_AT]:
            is_around = not folder or path.startswith(folder + b"/")
            enough = len(files) if is_around else min(len(files), self._count(old, folder))
            if self._is_most(tails[folder], enough):
                return self._entries_of(folder, old, new, tree) if is_around else ((folder, b""),)
        return None

    def _is_most(self, pairs: list[tuple[str, str]], count: int) -> bool:
        """Say whether more than half of `count` files are the same, or similar."""
        wanted, found = count // 2 + 1, 0
        for missing, (old, new) in enumerate(sorted(pairs, key=lambda pair: pair[0] != pair[1])):
            if found >= wanted or found + len(pairs) - missing < wanted:
                break
            found += old == new or self._similar(old, new)
        return found >= wanted

    def _entries_of(self, folder: bytes, old: str, new: str, tree: str) -> Parts | None:
        """Return the entries that moved from a folder down into one that lies in it."""
        above = folder + b"/" if folder else b""
        moved = tuple(
            (above + name, name)
            for name in self._source.entries(tree)
            if self._source.at(old, above + name) and not self._source.at(new, above + name)
        )
        return moved or None

    def _file(self, removed: Removed, path: bytes, oid: str) -> bytes | None:
        name = path.rpartition(b"/")[2]
        if oid == EMPTY:
            return None
        same = [where for where, gone in removed.get(name, ()) if gone == oid]
        same += [where for files in removed.values() for where, gone in files if gone == oid]
        return next(
            iter(same), next((where for where, gone in removed.get(name, ()) if self._similar(gone, oid)), None)
        )

    def _count(self, tree: str, path: bytes) -> int:
        found = self._source.at(tree, path)
        return sum(oid != EMPTY for _, oid in self._files(found[1])) if found else 0

    def _files(self, tree: str, prefix: bytes = b"") -> Iterator[File]:
        for name, (mode, oid) in self._source.entries(tree).items():
            if mode == FileMode.TREE:
                yield from self._files(oid, prefix + name + b"/")
            elif mode != FileMode.COMMIT:
                yield prefix + name, oid

    def _compare(self, old: str, new: str) -> bool:
        """Say whether half of the larger of two files is in the other, by lines of at most 64 bytes, as git measures it."""
        sizes = self._source.size(old), self._source.size(new)
        if max(sizes) > 2 * min(sizes) or max(sizes) > _LARGEST_BYTES:
            return False
        one, other = _lines(self._source.raw(old)), _lines(self._source.raw(new))
        shared = sum(len(line) * count for line, count in (one & other).items())
        return 2 * shared >= max(sizes)


def _lines(content: bytes) -> Counter[bytes]:
    lines = content.splitlines(keepends=True)
    return Counter(line[start : start + _LINE_BYTES] for line in lines for start in range(0, len(line), _LINE_BYTES))
