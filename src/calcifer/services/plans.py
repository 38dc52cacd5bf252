"""What a plan consists of: what a person wishes, what the catalog has, and what will come of it.

Words: a *source* is what a person named (a path, an address); a *step* is one service that will come of it, or is there already;
*left out* is what will not become one, with why; what *stays* belongs to no service of a repository that they are taken out of.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from calcifer.services.histories import Past
from calcifer.services.withheld import Withheld

Kind = Literal["register", "commit", "clone", "split", "copy", "begin", "nothing"]
SAYS: dict[Kind, str] = {
    "register": "registered where it is",
    "commit": "registered where it is, with a first commit",
    "clone": "cloned into the workspace",
    "split": "gets a repository of its own, with its history",
    "copy": "copied into the workspace",
    "begin": "gets a repository where it is",
    "nothing": "already a service",
}


@dataclass(frozen=True)
class Step:
    """What will be done for one service: `source` is an absolute path or an address, `target` where its repository will be."""

    name: str
    kind: Kind
    source: str
    target: Path
    compose: str | None = None
    withheld: tuple[Withheld, ...] = ()
    notes: tuple[str, ...] = ()
    past: Past | None = None
    hidden: tuple[str, ...] = ()
    """Of what is withheld, the paths that an ignore rule has to hide in the new checkout."""


@dataclass(frozen=True)
class LeftOut:
    """What will not become a service, why, and what to do about it."""

    source: str
    reason: str
    mend: str | None = None


@dataclass
class Plan:
    """What becomes a service, what stays out, and what stays in repositories that services are taken out of."""

    steps: list[Step] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    stays: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True)
class Wish:
    """What a person wants adopted. `directories`: each child is a service of its own; None lets the plan decide or ask."""

    sources: tuple[str, ...]
    directories: bool | None = None
    in_place: bool = False
    name: str | None = None
    only: frozenset[str] | None = None


@dataclass(frozen=True)
class Known:
    """What the catalog has: path of each service by its name."""

    paths: Mapping[str, str]
    names: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Follow links once."""
        object.__setattr__(self, "names", {os.path.realpath(path): name for name, path in self.paths.items()})

    def name_at(self, path: Path) -> str | None:
        """Return the service whose repository is at `path`, or None."""
        return self.names.get(os.path.realpath(path))
