"""What lies elsewhere and can become services: on a forge, or on another machine. Names for it; nothing is asked here."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from calcifer.kit.errors import CalciferError
from calcifer.services.forges import Kind as ForgeKind
from calcifer.services.naming import NAME, RESERVED, marked_source, name_of
from calcifer.services.planning import Known, shown
from calcifer.services.withheld import Withheld

Kind = Literal["clone", "read", "register", "nothing", "none"]
SAYS: dict[Kind, str] = {
    "clone": "cloned into the workspace",
    "read": "its files are read into a repository in the workspace; data stays there",
    "register": "registered: its repository is in the workspace already",
    "nothing": "already a service",
    "none": "cannot be taken",
}
MOST_WITHHELD = 200


@dataclass(frozen=True)
class Asked:
    """Where to look (`https://forge/owner`, `ssh://host/directory`) and what to take; `only` None takes what a survey ticks."""

    url: str
    forge: ForgeKind | None = None
    by_ssh: bool = False
    only: frozenset[str] | None = None

    def written(self, *, has_token: bool) -> str:
        """Write it down as the subject of a job."""
        only = sorted(self.only) if self.only is not None else None
        return json.dumps([self.url, self.forge, self.by_ssh, only, has_token])


def read_asked(subject: str) -> tuple[Asked, bool]:
    """Read what `written` wrote, and whether there was a token."""
    url, kind, by_ssh, only, has_token = json.loads(subject)
    return Asked(url, kind, by_ssh, frozenset(only) if only is not None else None), has_token


@dataclass(frozen=True)
class Found:
    """One thing that can become a service, or cannot (`kind` none). `source` tells it from all others, wherever it is named.

    `by_default`: whether it is taken where nobody chooses. `files` are those that would be read.
    """

    path: str
    source: str
    kind: Kind
    name: str = ""
    notes: tuple[str, ...] = ()
    reason: str = ""
    by_default: bool = True
    files: tuple[str, ...] = ()
    withheld: tuple[Withheld, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what can be stored and shown."""
        return {
            "name": self.name,
            "path": shown(self.path),
            "source": shown(self.source),
            "kind": self.kind,
            "says": SAYS[self.kind],
            "notes": [shown(note) for note in self.notes],
            "reason": shown(self.reason),
            "by_default": self.by_default,
            "files": len(self.files),
            "reads": [shown(name) for name in self.files[:MOST_WITHHELD]],
            "withheld": [{"path": shown(one.path), "reason": one.reason} for one in self.withheld[:MOST_WITHHELD]],
        }


Brought = tuple[Found, Path | CalciferError]


class Elsewhere(Protocol):
    """A place that is not this machine."""

    def look(self) -> list[Found]:
        """Say what is there, in an order that stays."""

    def bring(self, chosen: list[Found], folder: Path) -> Iterator[Brought]:
        """Make a repository of each in `folder`, one after the other; one that fails keeps no other back."""


Tell = Callable[[str], None]


@dataclass
class Settling:
    """Gives each a name that is free, the same at every look."""

    home: Path
    known: Known
    _taken: dict[str, str] = field(default_factory=dict)

    def settled(self, found: list[Found]) -> list[Found]:
        """Return them with names, and with what is there already marked as that."""
        return [self._one(one) for one in found]

    def _one(self, one: Found) -> Found:
        if one.kind == "none":
            return replace(one, name=name_of(Path(one.path)), by_default=False)
        for name in dict.fromkeys((name_of(Path(one.path)), name_of(Path(one.path.replace("/", "-"))))):
            if name.lower() in self._taken or not NAME.match(name) or name in RESERVED:
                continue
            target = self.home / name
            if marked_source(target) == one.source:
                self._taken[name.lower()] = one.source
                is_known = self.known.name_at(target) is not None
                return replace(one, name=name, kind="nothing" if is_known else "register", reason="")
            if name not in self.known.paths and not target.exists():
                self._taken[name.lower()] = one.source
                return replace(one, name=name)
        name = name_of(Path(one.path))
        where = self.known.paths.get(name) or self._taken.get(name.lower()) or self.home / name
        reason = f"would be called '{name}', as {where} is: adopt it alone, by its address with --name"
        return replace(one, name=name, kind="none", by_default=False, reason=reason)
