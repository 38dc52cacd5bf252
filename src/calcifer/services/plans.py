"""What a plan consists of: what a person wishes, what the catalog has, and what will come of it.

Words: a *source* is what a person named (a path, an address); a *step* is one service that will come of it, or is there already;
*left out* is what will not become one, with why; what *stays* belongs to no service of a repository that they are taken out of.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from calcifer.services.histories import Past
from calcifer.services.withheld import Withheld

Kind = Literal["register", "commit", "clone", "split", "track", "rest", "copy", "begin", "nothing"]
TRACKED = frozenset({"track", "rest"})
"""What stays in a repository that it shares with other services."""
SAYS: dict[Kind, str] = {
    "register": "registered where it is",
    "commit": "registered where it is, with a first commit",
    "clone": "cloned into the workspace",
    "split": "gets a repository of its own, with its history",
    "track": "stays a folder of its repository",
    "rest": "the rest of the repository, where it is",
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
    rest: bool = False
    """Track what is not among `only` where it is."""

    def tracks(self, name: str) -> bool:
        """Say whether a folder of a repository is to be a service of this name where it is, instead of being taken out."""
        return self.in_place or (self.rest and self.only is not None and name not in self.only)


@dataclass(frozen=True)
class Known:
    """What the catalog has: where each service is by its name; which of these places are folders of repositories."""

    paths: Mapping[str, str]
    folders: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Follow links once."""
        object.__setattr__(self, "names", {os.path.realpath(path): name for name, path in self.paths.items()})

    def name_at(self, path: Path) -> str | None:
        """Return the service whose repository, or folder of one, is at `path`, or None."""
        return self.names.get(os.path.realpath(path))

    def folder_at(self, path: Path) -> str | None:
        """Return the service that is this folder of a repository, or None."""
        name = self.name_at(path)
        return name if name is not None and self.paths[name] in self.folders else None

    def folders_of(self, repository: Path) -> list[str]:
        """Return which folders of a repository are services; "" where it is one as a whole, or its rest is."""
        places = self.paths.values()
        inside = [os.path.relpath(place, repository) for place in self.folders if _lies_in(repository, place)]
        return [*([""] if str(repository) in places else []), *inside]

    @classmethod
    def of(cls, places: Iterable[tuple[str, str, str]]) -> "Known":
        """Make it of name, repository and folder of each."""
        there = {name: (f"{path}/{folder}" if folder else path, folder) for name, path, folder in places}
        folders = frozenset(place for place, folder in there.values() if folder)
        return cls({name: place for name, (place, _) in there.items()}, folders)


def _lies_in(repository: Path, place: str) -> bool:
    return place.startswith(f"{repository}/")
