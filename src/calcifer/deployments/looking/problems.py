"""What a problem is; pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from calcifer.deployments.looking.seen import Container

WEIGHTS = ("bad", "warn", "hint")
"""It is broken now; it will hurt one day; it could be better."""
MOST_SHOWN = 50


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, at one place or at many."""

    weight: str
    kind: str
    sentence: str
    mend: str
    where: tuple[str, ...] = ()
    """Up to MOST_SHOWN of the places, as people call them: `stack/service`, a container's name, a stack."""
    places: int = 1
    stacks: frozenset[str] = field(default=frozenset())
    """The keys of the stacks that it is in."""


def gathered(
    weight: str,
    kind: str,
    found: Iterable[tuple[Container, str]],
    sentence: Callable[[int], str],
    mend: str,
) -> list[Problem]:
    """Return one problem for all containers that have the same, or none; the text beside each is what it has exactly.

    Where there is one alone, the sentence says its name in the place of `1 container` or `1 mount`.
    """
    places: dict[str, None] = {}
    stacks = set()
    for one, exactly in found:
        places.setdefault(f"{one.label} ({exactly})" if exactly else one.label)
        stacks.add(one.stack)
    if not places:
        return []
    names = list(places)
    text = sentence(len(names))
    if len(names) == 1:
        text = re.sub("1 (container|mount)", lambda _: names[0], text, count=1)
    return [Problem(weight, kind, text, mend, tuple(names[:MOST_SHOWN]), len(names), frozenset(stacks))]


def some(count: int, noun: str, one: str = "", many: str = "") -> str:
    """Return `1 container`, `3 containers`, and where a verb is given the form of it that belongs there."""
    return f"{count:,} {noun}{'' if count == 1 else 's'} {one if count == 1 else many}".rstrip()


def listed(names: Iterable[str], most: int = 5) -> str:
    """Return the first names, and how many more there are."""
    found = list(names)
    more = f" and {len(found) - most:,} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more
