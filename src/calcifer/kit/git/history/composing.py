"""The only place that puts the parts of a new repository together to one tree."""

import pygit2
from pygit2.enums import FileMode, ObjectType

from calcifer.kit.git import trees
from calcifer.kit.git.history.sources import Parts
from calcifer.kit.git.history.tracing import Values

Entry = tuple[int, str]


class Composer:
    """Makes trees in the repository `git`, which has the objects of the source beside its own."""

    def __init__(self, git: pygit2.Repository) -> None:
        """Begin with no collisions."""
        self._git = git
        self._made: dict[tuple[Parts, Values], str] = {}
        self.collisions: set[bytes] = set()
        """Paths that two parts had at once; the part that was named later has them."""

    def tree(self, state: Parts, values: Values) -> str:
        """Return the tree in which each value lies at its place; a file cannot be the top, and is left out there."""
        known = self._made.get((state, values))
        if known is None:
            known = self._made[state, values] = self._tree(state, values)
        return known

    def _tree(self, state: Parts, values: Values) -> str:
        made: str | None = None
        for (_, place), value in zip(state, values, strict=True):
            if value is not None and (place or value[0] == FileMode.TREE):
                made = self._put(made, place.split(b"/") if place else [], value, b"")
        return made or self._write({})

    def _put(self, tree: str | None, place: list[bytes], value: Entry, where: bytes) -> str:
        if not place:
            return self._over(tree, value[1], where)
        entries = dict(trees.entries(self._git, tree)) if tree else {}
        name, here = place[0], where + place[0]
        there = entries.get(name)
        folder = there[1] if there and there[0] == FileMode.TREE else None
        if len(place) > 1 or (value[0] == FileMode.TREE and folder):
            entries[name] = (FileMode.TREE, self._put(folder, place[1:], value, here + b"/"))
        else:
            entries[name] = value
        if there is not None and (folder is None or entries[name][0] != FileMode.TREE) and there != entries[name]:
            self.collisions.add(here)
        return self._write(entries)

    def _over(self, tree: str | None, other: str, where: bytes) -> str:
        """Return both trees in one; where both have a path, it is that of `other`."""
        if tree is None or tree == other:
            return other
        entries = dict(trees.entries(self._git, tree))
        for name, new in trees.entries(self._git, other).items():
            old = entries.get(name)
            if old and old[0] == new[0] == FileMode.TREE:
                entries[name] = (FileMode.TREE, self._over(old[1], new[1], where + name + b"/"))
                continue
            if old and old != new:
                self.collisions.add(where + name)
            entries[name] = new
        return self._write(entries)

    def _write(self, entries: dict[bytes, Entry]) -> str:
        def as_git_sorts(item: tuple[bytes, Entry]) -> bytes:
            return item[0] + b"/" if item[1][0] == FileMode.TREE else item[0]

        raw = b"".join(
            b"%o %s\0%s" % (mode, name, bytes.fromhex(oid))
            for name, (mode, oid) in sorted(entries.items(), key=as_git_sorts)
        )
        return str(self._git.odb.write(ObjectType.TREE, raw))
