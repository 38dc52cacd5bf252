"""The only place that knows what the tags of images say: which version, by which scheme, and what is newer; pure.

Tags follow no standard. What most follow is Semantic Versioning with fewer or more numbers, a variant behind it (`-alpine`), or
a calendar. Newer is only what has the same scheme: `1.25-alpine` becomes `1.27-alpine`, never `1.27`, `1.27.1-alpine` or
`20240101-alpine`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from calcifer.updates.references import TAG

KINDS = ("digest", "patch", "minor", "major")
"""How far an update goes, the smallest first."""
_WORDS = (
    "dev",
    "nightly",
    "snapshot",
    "canary",
    "edge",
    "unstable",
    "test",
    "alpha",
    "a",
    "beta",
    "b",
    "m",
    "preview",
    "pre",
    "rc",
)
"""What versions before a release are called, in about the order in which they come."""
_LONG = "|".join(sorted((word for word in _WORDS if len(word) > 2), key=len, reverse=True))
_VERSION = re.compile(
    r"(?P<prefix>[A-Za-z]{0,20}[-_]?(?=\d)|)"
    r"(?P<numbers>\d{1,14}(?:\.\d{1,14}){0,3})"
    rf"(?:[-._]?(?P<pre>(?:{_LONG})(?=[-._\d]|\Z)|(?:rc|a|b|m)(?=[._]?\d))[-._]?(?P<pre_number>\d{{0,9}}))?"
    r"(?:[-_](?P<build_word>ls|r|build|)(?P<build>\d{1,14})(?=[-_]|\Z))?"
    r"(?P<suffix>(?:[-_.+][A-Za-z0-9_.-]*)?)\Z"
)
_BUILD = re.compile(r"(?P<suffix>.*)-(?P<word>ls|r|build)(?P<number>\d{1,9})\Z")


@dataclass(frozen=True)
class Version:
    """What a tag says. Two tags are of one scheme where their `scheme` is the same."""

    scheme: tuple[str, int, bool, str, str]
    """Prefix, how many numbers, whether they are a date, word of the build, suffix."""
    numbers: tuple[int, ...]
    before_release: tuple[int, int] | None
    build: int

    @property
    def order(self) -> tuple[tuple[int, ...], tuple[int, int, int], int]:
        """By what versions of one scheme are compared; a release comes after what came before it."""
        word, number = self.before_release or (0, 0)
        return self.numbers, (int(self.before_release is None), word, number), self.build

    @property
    def is_calendar(self) -> bool:
        """Whether its numbers are a date."""
        return self.scheme[2]


@lru_cache(maxsize=50_000)
def read(tag: str) -> Version | None:
    """Return the version that a tag says, or None where it says none (`latest`, `alpine`, a hash)."""
    found = _VERSION.match(tag) if TAG.match(tag) else None
    if found is None:
        return None
    numbers = tuple(int(number) for number in found["numbers"].split("."))
    word, build, suffix = found["build_word"], found["build"], found["suffix"]
    if build is None and (later := _BUILD.match(suffix)):
        suffix, word, build = later["suffix"], later["word"], later["number"]
    shape = "" if build is None else f"{word}#"
    if (
        len(numbers) == 1
        and (found["prefix"] not in {"", "v", "V"} or len(found["numbers"]) > 4)
        and not _is_date(numbers)
    ):
        return None  # a hash of digits alone, a word that ends with a number
    pre = None if found["pre"] is None else (_WORDS.index(found["pre"]), int(found["pre_number"] or 0))
    return Version((found["prefix"], len(numbers), _is_date(numbers), shape, suffix), numbers, pre, int(build or 0))


def _is_date(numbers: tuple[int, ...]) -> bool:
    """Whether numbers begin with a year (calver.org: YYYY), or are one day in a number."""
    first = numbers[0]
    if len(numbers) == 1:
        return 19000101 <= first <= 21991231 or 19000101000000 <= first <= 21991231235959
    return 1990 <= first <= 2199


def kind(old: Version, new: Version) -> str:
    """Return how far it is from one version to another of its scheme: patch, minor or major.

    Of a date, year and month count as minor. `18` to `19` is major, for there is no other number.
    """
    first = next((at for at, (a, b) in enumerate(zip(old.numbers, new.numbers, strict=True)) if a != b), 3)
    if old.is_calendar:
        return "minor" if first < 2 else "patch"
    return ("major", "minor", "patch")[min(first, 2)]


def newer(tag: str, tags: Iterable[str]) -> list[tuple[str, str]]:
    """Return the tags of the same scheme that are newer than `tag`, the newest first, each with how far it goes.

    Versions before a release are left out unless `tag` is one.
    """
    own = read(tag)
    if own is None:
        return []
    found = {}
    for other in tags:
        version = read(other)
        if version is None or version.scheme != own.scheme or version.order <= own.order:
            continue
        if version.before_release is not None and own.before_release is None:
            continue
        found[other] = version
    ordered = sorted(found.items(), key=lambda entry: (entry[1].order, entry[0]), reverse=True)
    return [(other, kind(own, version)) for other, version in ordered]
