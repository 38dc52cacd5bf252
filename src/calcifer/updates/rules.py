"""The only place that knows what a descriptor's `updates` ask for an image; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from calcifer.updates import tags
from calcifer.updates.references import Reference

ALLOWED = ("none", *tags.KINDS)
DEFAULT = "minor"
_BOUND = re.compile(r"(?P<sign>[<>]=?|=)v?(?P<numbers>\d{1,9}(?:\.\d{1,9}){0,3})\Z")


@dataclass(frozen=True)
class Rule:
    """How far updates of an image may go, which tags count, and how far they go by themselves."""

    allow: str = DEFAULT
    match: str = ""
    automatic: str = "none"
    is_named: bool = False
    """Whether the descriptor says so; else it is what holds without a rule."""

    def allows(self, kind: str) -> bool:
        """Whether an update may go as far as this."""
        return ALLOWED.index(kind) <= ALLOWED.index(self.allow)

    @property
    def by_itself(self) -> "Rule":
        """The rule by which updates are chosen that nobody asks for: no further than `automatic`, whatever else is there."""
        level = min(self.allow, self.automatic, key=ALLOWED.index)
        return replace(self, allow=level, is_named=self.is_named and self.allow == "digest")

    def matches(self, tag: str) -> bool:
        """Whether a tag fits the pattern or the range."""
        return fits(self.match, tag)


def rule_of(rules: Sequence[Mapping[str, Any]], reference: Reference) -> Rule:
    """Return the first rule whose image fits, as it is written or with its registry; else the one that holds without any."""
    for one in rules:
        pattern = str(one["image"])
        if any(fnmatchcase(name, pattern) for name in (reference.familiar, reference.name)):
            return Rule(
                one.get("allow") or DEFAULT, one.get("match") or "", one.get("automatic") or "none", is_named=True
            )
    return Rule()


def fits(match: str, tag: str) -> bool:
    """Whether a tag fits a pattern (`1.27.*`, as file names are matched) or a range (`>=1.25 <2`); nothing asked is everything."""
    if not match:
        return True
    if match[0] not in "<>=":
        return fnmatchcase(tag, match)
    version = tags.read(tag)
    return version is not None and all(_within(bound, version.numbers) for bound in match.split())


def _within(bound: str, numbers: tuple[int, ...]) -> bool:
    found = _BOUND.match(bound)
    if found is None:
        return False
    wanted = tuple(int(number) for number in found["numbers"].split("."))
    length = max(len(wanted), len(numbers))
    ours, theirs = (side + (0,) * (length - len(side)) for side in (numbers, wanted))
    match found["sign"]:
        case ">":
            return ours > theirs
        case ">=":
            return ours >= theirs
        case "<":
            return ours < theirs
        case "<=":
            return ours <= theirs
        case _:
            return ours == theirs
