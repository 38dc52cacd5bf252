"""The only place that counts how far many commits lie from main, in one walk through history.

libgit2 counts for one pair at a time and reads all that lies between them anew for each. Here every commit is read once, newest
first, and carries a bit for each tip that reaches it, as git's own `show-branch` does it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush

import pygit2

MAIN = 1


@dataclass(frozen=True)
class Distances:
    """How far tips lie from main, and which of them main itself once was."""

    counts: dict[pygit2.Oid, tuple[int, int]]
    """Of each tip: how many commits it has that main lacks, and the other way round."""
    on_main: set[pygit2.Oid]
    """Those that lie on main's line of first parents."""


@dataclass
class _Walk:
    """Commits that were seen, with the bits of the tips that reach them, and those whose parents are still to be looked at."""

    git: pygit2.Repository
    whole: int
    bits: dict[pygit2.Oid, int] = field(default_factory=dict)
    parents: dict[pygit2.Oid, list[pygit2.Oid]] = field(default_factory=dict)
    waiting: list[tuple[int, int, pygit2.Oid]] = field(default_factory=list)
    times: dict[pygit2.Oid, int] = field(default_factory=dict)
    partial: int = 0
    """How many of the waiting are not yet reached by all tips."""

    def reach(self, oid: pygit2.Oid, bits: int) -> None:
        """Note that some tips reach a commit, and look at it (again) where that is new."""
        known = self.bits.get(oid, 0)
        both = known | bits
        if both == known:
            return
        if oid not in self.parents:
            commit = self.git[oid].peel(pygit2.Commit)
            self.parents[oid], self.times[oid] = commit.parent_ids, commit.commit_time
        self.bits[oid] = both
        self.partial += both != self.whole
        heappush(self.waiting, (-self.times[oid], both, oid))

    def go(self) -> None:
        """Look at commits until all that wait are reached by every tip, and are older than all that are not.

        The second is for clocks that go wrong: a commit that claims to be older than its parents is looked at once more.
        """
        oldest = 2**63
        while self.waiting and (self.partial or -self.waiting[0][0] >= oldest):
            time, bits, oid = heappop(self.waiting)
            if bits != self.whole:
                self.partial -= 1
                oldest = min(oldest, -time)
            if bits == self.bits[oid]:  # else it waits again, with more
                for parent in self.parents[oid]:
                    self.reach(parent, bits)

    def line(self, tip: pygit2.Oid) -> Iterable[pygit2.Oid]:
        """Yield the first parents of a tip as far as they were looked at."""
        while tip in self.parents:
            yield tip
            before = self.parents[tip]
            if not before:
                return
            tip = before[0]


def distances(git: pygit2.Repository, main: pygit2.Oid, tips: Iterable[pygit2.Oid]) -> Distances:
    """Count for each of `tips`; raises pygit2.GitError or KeyError where a commit is missing."""
    others = set(tips) - {main}
    if git.is_shallow:  # its history ends where only libgit2 knows
        counts = {tip: git.ahead_behind(tip, main) for tip in others}
        walk = _Walk(git, MAIN)
        walk.parents = {commit.id: commit.parent_ids for commit in git.walk(main)}
    else:
        bit = {tip: MAIN << number for number, tip in enumerate(others, start=1)}
        walk = _Walk(git, (MAIN << len(bit) + 1) - 1)
        for tip, mark in {main: MAIN, **bit}.items():
            walk.reach(tip, mark)
        walk.go()
        counts = _counted(walk, bit)
    wanted = {tip for tip, (ahead, _) in counts.items() if not ahead}
    on_main = wanted.intersection(walk.line(main)) if wanted else set()
    return Distances({main: (0, 0), **counts}, {main, *on_main})


def _counted(walk: _Walk, bit: dict[pygit2.Oid, int]) -> dict[pygit2.Oid, tuple[int, int]]:
    found = Counter(walk.bits.values())
    return {
        tip: (
            sum(many for bits, many in found.items() if bits & mark and not bits & MAIN),
            sum(many for bits, many in found.items() if bits & MAIN and not bits & mark),
        )
        for tip, mark in bit.items()
    }
