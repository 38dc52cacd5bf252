"""The only place that says what a check is: it looks for one kind of fault, and says how to mend each that it finds.

A domain's checks are modules of its package `checks`, one each, registered by name. A check reads and never writes. It may have a
mend of its own for what can be mended without losing anything; for the rest it names a command, which a person reads first.
"""

import pkgutil
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from calcifer.kit.uow import Actor, Units

AT_ONCE = 4
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Ward:
    """What is looked at: the workspace `home` with Calcifer's own directory `var`, and its database."""

    home: Path
    var: Path
    units: Units
    actor: Actor
    tell: Callable[[str], None] = lambda _: None

    def aside(self, folder: str, name: str) -> Path:
        """Return a place in the backups that nothing is at yet."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        place = self.var / "backups" / folder / f"{name}-{stamp}"
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


@dataclass(frozen=True)
class Finding:
    """One fault: what it is about (a service, a path), a whole sentence, and the command or step that mends it.

    `aim` is what the check's own mend is told; None where only a person should decide. What is no fault is to be known, no more.
    """

    subject: str
    sentence: str
    mend: str = ""
    aim: str | None = None
    is_fault: bool = True


Find = Callable[[Ward], Iterable[Finding]]
Mend = Callable[[Ward, str], None]


@dataclass(frozen=True)
class Check:
    """A registered check; one that `reads_all` takes as long as the repositories are big."""

    name: str
    title: str
    find: Find
    mend: Mend | None
    reads_all: bool
    needs_database: bool


CHECKS: dict[str, Check] = {}


def check(
    name: str, title: str, *, mend: Mend | None = None, reads_all: bool = False, needs_database: bool = True
) -> Callable[[Find], Find]:
    """Register the decorated function as the check `name`; a name is taken once."""

    def register(find: Find) -> Find:
        if name in CHECKS:
            message = f"There are two checks called {name}."
            raise ValueError(message)
        CHECKS[name] = Check(name, title, find, mend, reads_all, needs_database)
        return find

    return register


def load(package: ModuleType) -> None:
    """Register every check of a package."""
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")


def at_once(wanted: Sequence[T], act: Callable[[T], R], tell: Callable[[str], None], doing: str) -> Iterator[R]:
    """Do something to each of the wanted, several at a time, and say how far it is."""
    with ThreadPoolExecutor(min(AT_ONCE, len(wanted) or 1), thread_name_prefix="calcifer-check") as pool:
        for number, done in enumerate(pool.map(act, wanted), 1):
            tell(f"{doing}: {number} of {len(wanted)}")
            yield done


def move(path: Path, place: Path) -> None:
    """Move what is at `path` to `place`; what is gone already is no error, since a mend may be repeated."""
    if path.exists() or path.is_symlink():
        shutil.move(path, place)


def age_seconds(path: Path) -> float:
    """Return how long ago something was written to `path`; 0 where it is gone."""
    try:
        return time.time() - path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0
