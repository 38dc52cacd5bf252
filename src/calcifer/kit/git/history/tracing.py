"""The only place that decides which commits belong to a repository that is taken out of another; see the package for the rule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pygit2.enums import FileMode

from calcifer.kit.git.history.renames import Renames
from calcifer.kit.git.history.sources import Parts, Point, Source, Value

AT_ONCE = 50
"""How many repositories are traced in one reading: each holds all commits in memory."""
Node = tuple[str, int]
Values = tuple[Value, ...]


@dataclass(slots=True)
class Kept:
    """A commit that is kept: what lay where at it, and its new parents by their place in `Trace.kept`."""

    oid: str
    state: Parts
    values: Values
    parents: list[int]
    is_on_main: bool
    meant: int
    """The commit itself; of a merge that is kept for main's line alone, the one that it brought in."""


@dataclass
class Trace:
    """The history of one new repository; `kept` has parents before their children."""

    wanted: Parts
    kept: list[Kept] = field(default_factory=list)
    tip: int | None = None
    """The last kept commit of main; None where nothing of it was ever there."""
    tags: dict[str, int] = field(default_factory=dict)
    """The kept commit that stands for each tag, by the tag's name."""

    @property
    def former(self) -> list[bytes]:
        """Paths that its parts had before they were renamed."""
        now = {path for path, _ in self.wanted}
        return sorted({path for one in self.kept for path, _ in one.state} - now)

    @property
    def merges(self) -> int:
        """How many of its commits on main have more than one parent."""
        return sum(len(one.parents) > 1 for one in self.kept if one.is_on_main)


def trace_all(source: Source, tip: str, wanted: Sequence[Parts]) -> list[Trace]:
    """Return the history of each of the repositories that `wanted` describes, as of the commit `tip` of the main branch."""
    tags = {name: commit for name, oid in source.tags().items() if (commit := source.tagged(oid))}
    main = source.points([tip])
    beside = source.points(tags.values(), without=tip) if tags else []
    renames = Renames(source)
    made: list[Trace] = []
    for start in range(0, len(wanted), AT_ONCE):
        tracings = [_Tracing(source, renames, one) for one in wanted[start : start + AT_ONCE]]
        _walk(tracings, tip, main, beside, sorted({*tags.values()}))
        made += [tracing.simplified(tip, [*beside, *main], len(main), tags) for tracing in tracings]
    return made


def _walk(tracings: list["_Tracing"], tip: str, main: list[Point], beside: list[Point], tagged: list[str]) -> None:
    by_oid = {point.oid: point for point in [*beside, *main]}
    for tracing in tracings:
        tracing.begin(tip, 0)
    for point in main:
        for tracing in tracings:
            tracing.visit(point, by_oid)
    if not beside:
        return
    for tracing in tracings:
        for oid in tagged:
            tracing.begin_at_tag(by_oid[oid], by_oid)
    for point in [*beside, *main]:
        for tracing in tracings:
            tracing.visit(point, by_oid)


class _Tracing:
    """One repository's history while it is found: first the states of each commit, children first; then what is kept."""

    def __init__(self, source: Source, renames: Renames, wanted: Parts) -> None:
        self._source, self._renames = source, renames
        self._states: list[Parts] = [wanted]
        self._numbers: dict[Parts, int] = {wanted: 0}
        self._known: dict[Values, Values] = {}
        self._at: dict[str, list[int]] = {}
        self._parents: dict[Node, list[Node]] = {}
        self._values: dict[Node, Values] = {}

    def begin(self, oid: str, state: int) -> None:
        states = self._at.setdefault(oid, [])
        if state not in states:
            states.append(state)

    def begin_at_tag(self, point: Point, by_oid: dict[str, Point]) -> None:
        """Give a tagged commit beside main the state of the nearest one that main has, where that is there at all."""
        if point.oid in self._at:
            return
        near: list[int] = []
        seen, line = {point.oid}, [point]
        while line and not near:
            near = next((self._at[one.oid] for one in line if one.oid in self._at), [])
            above = [by_oid[oid] for one in line for oid in one.parents if oid in by_oid and oid not in seen]
            seen.update(one.oid for one in above)
            line = list({one.oid: one for one in above}.values())
        state = next((number for number in near if any(self._look(point, number))), 0)
        self.begin(point.oid, state)

    def _look(self, point: Point, state: int) -> Values:
        node = (point.oid, state)
        values = self._values.get(node)
        if values is None:
            values = tuple([self._source.at(point.tree, path) for path, _ in self._states[state]])
            values = self._values[node] = self._known.setdefault(values, values)
        return values

    def visit(self, point: Point, by_oid: dict[str, Point]) -> None:
        """Work out the states of a commit's parents; each of its children has been visited."""
        for state in self._at.get(point.oid, ()):
            node = (point.oid, state)
            if node in self._parents:
                continue
            values = self._look(point, state)
            parents = []
            for oid in point.parents:
                parent = by_oid.get(oid)
                if parent is not None:  # else the history was cut off here
                    before = self._before(point, parent, state, values)
                    self.begin(oid, before)
                    parents.append((oid, before))
            self._parents[node] = parents

    def _before(self, point: Point, parent: Point, state: int, values: Values) -> int:
        """Return the state at a parent: the same, but for what appeared since."""
        if point.tree == parent.tree or self._look(parent, state) == values:
            return state
        found: list[tuple[bytes, bytes]] = []
        for (path, place), here in zip(self._states[state], values, strict=True):
            there = self._source.at(parent.tree, path)
            is_new = here is not None and (there is None or (here[0] == FileMode.TREE) != (there[0] == FileMode.TREE))
            origin = self._renames.came_from(parent.tree, point.tree, path) if is_new else None
            for old, below in origin or ((path, b""),):
                found.append((old, b"/".join(part for part in (place, below) if part)))
        made = tuple(dict.fromkeys(found))
        if made not in self._numbers:
            self._numbers[made] = len(self._states)
            self._states.append(made)
        return self._numbers[made]

    # -- what is kept --------------------------------------------------------------------------------------------------

    def simplified(self, tip: str, points: list[Point], main_count: int, tags: dict[str, str]) -> Trace:
        """Return the trace; the last `main_count` of `points` are those of main."""
        trace = Trace(self._states[0])
        stands: dict[Node, int | None] = {}
        line = set(self._first_parents(tip))
        for number, point in enumerate(reversed(points)):
            for state in self._at.get(point.oid, ()):
                node = (point.oid, state)
                stands[node] = self._stand_in(trace, node, stands, is_line=node in line, is_on_main=number < main_count)
        trace.tip = stands[tip, 0]
        for name, oid in tags.items():
            last = stands[oid, self._at[oid][0]]
            if last is not None:
                trace.tags[name] = last
        return trace

    def _first_parents(self, tip: str) -> Iterator[Node]:
        node: Node | None = (tip, 0)
        while node is not None:
            yield node
            node = next(iter(self._parents[node]), None)

    def _stand_in(
        self, trace: Trace, node: Node, stands: dict[Node, int | None], *, is_line: bool, is_on_main: bool
    ) -> int | None:
        """Keep the commit, or return the kept one that stands for it; `is_line` is main's line of first parents."""
        kept, before, values = trace.kept, self._parents[node], self._values[node]
        if len(before) == 1 and before[0][1] == node[1] and self._values[before[0]] is values:
            return stands[before[0]]
        same = [parent[1] == node[1] and self._values[parent] is values for parent in before]
        lasts = [stands[parent] for parent in before]
        meant = [None if last is None else kept[last].meant for last in lasts]
        heads = _without_ancestors(kept, list(dict.fromkeys(one for one in meant if one is not None)))
        if not heads and not any(values):
            return None
        first = lasts[0] if lasts else None
        number = means = len(kept)
        if len(heads) == 1 and (found := _last_of(heads[0], lasts, meant, same)) is not None:
            loses_line = is_line and first is not None and not _reaches(kept, found, first)
            if not loses_line and (same[0] or not is_line):
                return found
            means = number if loses_line else heads[0]
        others = [
            max(last for last, one in zip(lasts, meant, strict=True) if last is not None and one == head)
            for head in heads
        ]
        joined = list(dict.fromkeys(one for one in (first, *others) if one is not None))
        if first is not None:  # it stands for its line already
            joined = [one for one in joined if one == first or kept[one].meant != kept[first].meant]
        kept.append(Kept(node[0], self._states[node[1]], values, joined, is_on_main, means))
        return number


def _last_of(head: int, lasts: list[int | None], meant: list[int | None], same: list[bool]) -> int | None:
    """Return the kept commit of the first parent that changed nothing and means `head`."""
    found = (last for last, one, is_same in zip(lasts, meant, same, strict=True) if is_same and one == head)
    return next(found, None)


def _without_ancestors(kept: list[Kept], heads: list[int]) -> list[int]:
    """Return those that are no ancestor of another one, in their order."""
    if len(heads) < 2:
        return heads
    return [one for one in heads if not any(other > one and _reaches(kept, other, one) for other in heads)]


def _reaches(kept: list[Kept], start: int, wanted: int) -> bool:
    """Say whether the commit `wanted` is an ancestor of `start`; parents have smaller numbers than their children."""
    if start == wanted:
        return True
    seen, line = {start}, [start]
    while line:
        for parent in kept[line.pop()].parents:
            if parent == wanted:
                return True
            if parent > wanted and parent not in seen:
                seen.add(parent)
                line.append(parent)
    return False
