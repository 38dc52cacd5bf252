"""Samples, their noise, and the table that is printed."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

BLOCKS = 5


@dataclass
class Samples:
    """Durations of one thing done again and again, in seconds, in the order in which they were measured."""

    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """What counts."""
        return statistics.median(self.seconds)

    @property
    def noise(self) -> float:
        """Half of what lies between the medians of the run's fifths."""
        size = max(1, len(self.seconds) // BLOCKS)
        blocks = [self.seconds[at : at + size] for at in range(0, len(self.seconds), size)]
        medians = [statistics.median(block) for block in blocks if len(block) == size]
        return (max(medians) - min(medians)) / 2


def timed(act: Callable[[], object], times: int = 1, *, before: int = 0) -> Samples:
    """Do `act` some times after having done it `before` times, which do not count."""
    for _ in range(before):
        act()
    samples = Samples()
    for _ in range(times):
        began = perf_counter()
        act()
        samples.seconds.append(perf_counter() - began)
    return samples


@dataclass
class Line:
    """One line of the table; `unit` is what the values are divided by and called, `peer` the same thing done by plain git."""

    what: str
    value: float
    noise: float
    target: float
    unit: tuple[float, str]
    peer: float | None = None
    peer_name: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether the budget is missed by more than the noise."""
        return self.value - self.noise > self.target

    @property
    def is_time(self) -> bool:
        """Whether it is a time, which a slower machine makes longer."""
        return self.unit in {MS, SECONDS}

    def shown_for(self, slower: float) -> str:
        """Return what it would be on a machine so many times quicker, in words."""
        return f"{self.what} {self._shown(self.value / slower)} of {self.target / self.unit[0]:g}"

    def cells(self) -> tuple[str, ...]:
        """Return the line's words."""
        verdict = "missed" if self.is_missed else "within noise" if self.value > self.target else "held"
        peer, ratio = ("", "") if not self.peer else (self._shown(self.peer), f"{self.value / self.peer:.2f}")
        value, target = self._shown(self.value), f"{self.target / self.unit[0]:g} {self.unit[1]}"
        return self.what, value, f"± {self._shown(self.noise)}", target, verdict, peer, ratio, self.peer_name

    def _shown(self, value: float) -> str:
        shown = value / self.unit[0]
        return f"{shown:.1f} {self.unit[1]}" if shown >= 20 else f"{shown:.2f} {self.unit[1]}"


MS = (1e-3, "ms")
SECONDS = (1.0, "s")
TIMES = (1.0, "times")
MB = (1e6, "MB")


def line(what: str, samples: Samples, target: float, peer: Samples | None = None, peer_name: str = "") -> Line:
    """Make the line of something measured in milliseconds."""
    return Line(what, samples.median, samples.noise, target, MS, peer.median if peer else None, peer_name)


def table(lines: list[Line]) -> str:
    """Lay the lines out in columns."""
    head = ("what", "median", "noise", "target", "", "plain git", "ratio", "which is")
    rows = [head, *(each.cells() for each in lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
