"""Brings the catalog up to what lies in the workspace: new repositories, ones whose main has moved, ones that are gone.

What a repository is like is looked at outside of any unit of work; units are for what has changed, a batch each.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit.errors import CalciferError, NotFound, Unavailable
from calcifer.kit.git.damage import told
from calcifer.kit.git.repository import Repository
from calcifer.kit.promises import JobRow, get_job, promise
from calcifer.kit.uow import Actor, UnitOfWork, Units
from calcifer.services import folders, queries
from calcifer.services.mains import main_branch
from calcifer.services.marked_yaml import shown
from calcifer.services.models import Service
from calcifer.services.rows import Stored
from calcifer.services.service.reading import highest_open, lacks_note, register_listed, rescan

JOB = "services.scan"
FIND_STRAYS = "work.find_strays"
BATCH = 50
"""How many services one unit brings up to date; others wait for as long as it takes."""
MOST_FAILED = 200
Tell = Callable[[str], None]
T = TypeVar("T")


@dataclass
class Report:
    """How it went: names of services that are new, changed, or gone; what could not be read, with why."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    unchanged: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return what can be stored."""
        return {
            "new": self.new,
            "changed": self.changed,
            "missing": self.missing,
            "failed": [list(pair) for pair in self.failed[:MOST_FAILED]],
            "unchanged": self.unchanged,
        }


@dataclass
class Seen:
    """What differs: services whose repository has moved or is gone, repositories that are no service yet, and of both what cannot
    be read.
    """

    fresh: list[Path] = field(default_factory=list)
    moved: list[Stored] = field(default_factory=list)
    missing: list[Stored] = field(default_factory=list)
    failed: list[tuple[str, CalciferError]] = field(default_factory=list)
    unchanged: int = 0


def scan(uow: UnitOfWork) -> JobRow:
    """Promise to look at every repository of the workspace; the job's result is a `Report` as JSON."""
    permissions.require(uow.actor, "services.scan")
    row = promise(uow, JOB, "workspace")
    activity.record(uow, "services.scan", "workspace")
    return row


def get_scan(uow: UnitOfWork, job_id: int) -> JobRow:
    """Return the job of a scan; NotFound where there is none."""
    row = get_job(uow.db, job_id)
    if row.name != JOB:
        raise NotFound(f"There is no scan {job_id}.")
    return row


def look(units: Units, actor: Actor, home: Path, *, tell: Tell = lambda _: None) -> Report:
    """Scan the workspace `home` now. A repository that cannot be read keeps its row, and keeps no other from being read."""
    permissions.require(actor, "services.scan")
    seen = compare(units, actor, home, tell=tell)
    report = Report(unchanged=seen.unchanged)
    report.failed = [(name, error.message) for name, error in seen.failed]
    _each(units, actor, report, "Reading", seen.moved, lambda uow, one: _read(uow, one, report), tell)
    _each(units, actor, report, "Adding", seen.fresh, lambda uow, path: _add(uow, path, report), tell)
    gone = [service for service in seen.missing if service.missing_since is None]
    _each(units, actor, report, "Missing", gone, _miss, tell)
    report.missing = [service.name for service in seen.missing]
    left = sorted({Path(service.path) for service in seen.missing if service.folder and _is_repository(service.path)})
    _each(units, actor, report, "Adding", left, lambda uow, path: _add(uow, path, report), tell)
    return report


def compare(units: Units, actor: Actor, home: Path, *, tell: Tell = lambda _: None) -> Seen:
    """Say how the repositories differ from the catalog; nothing is changed."""
    with units.read(actor) as uow:
        known = queries.list_stored(uow.db)
    seen = Seen()
    for path in repositories(home, {service.path for service in known}):
        try:
            _check_readable(path)
            seen.fresh.append(path)
        except CalciferError as error:
            seen.failed.append((shown(path.name, 200), error))
    for number, service in enumerate(known, 1):
        if number % 100 == 0:
            tell(f"Looking: {number} of {len(known)}")
        try:
            if _has_moved(service):
                seen.moved.append(service)
            else:
                seen.unchanged += 1
        except NotFound:
            seen.missing.append(service)
        except CalciferError as error:
            seen.failed.append((service.name, error))
    return seen


def repositories(home: Path, known: set[str]) -> Iterator[Path]:
    """Yield the repositories that are directories of the workspace and not among the paths `known`, by name.

    A directory whose `.git` is a file is a worktree of another repository; a link may lead anywhere: neither is a service.
    """
    try:
        with os.scandir(home) as entries:
            found = sorted(entry.path for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError as error:
        raise Unavailable(f"The workspace {home} cannot be read: {error.strerror}.") from error
    for path in found:
        if path not in known and not Path(path).name.startswith(".") and _is_repository(path):
            yield Path(path)


def _is_repository(path: str) -> bool:
    try:
        return (Path(path) / ".git").is_dir()
    except OSError:
        return False  # it may not be looked into


def _check_readable(path: Path) -> None:
    """Raise what keeps a repository from being a service: its owner, its object format, damage, no main branch."""
    repository = Repository(path)
    with told(path):
        folders.listed(repository, repository.branch(main_branch(repository)))


def _has_moved(service: Stored) -> bool:
    """Say whether the repository differs from its row; raises NotFound where it is gone, Unavailable where it cannot be read."""
    path = Path(service.path)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"There is nothing at {path}.") from None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}.") from error
    repository = Repository(path)
    with told(path):
        head = repository.branch(service.main_branch) or repository.branch(main_branch(repository))
        is_there = not service.folder or head is None or folders.has(repository, head, service.folder)
        number = highest_open(repository)
        has_news = head != service.head or number > service.highest_number or lacks_note(repository, service.folder)
    if not is_there:
        raise NotFound(f"There is no folder '{service.folder}' on main of {path} any more.")
    return service.missing_since is not None or has_news


def _read(uow: UnitOfWork, known: Stored, report: Report) -> None:
    service = uow.db.get_one(Service, known.id)
    before = service.head
    rescan(uow, service, thorough=True)
    report.changed.append(service.name)
    if before is not None and service.head != before:
        promise(uow, FIND_STRAYS, service.name)
    _add(uow, Path(service.path), report)


def _add(uow: UnitOfWork, path: Path, report: Report) -> None:
    made, problems = register_listed(uow, path)
    report.new += made
    report.failed += [pair for problem in problems if (pair := (shown(path.name, 200), problem)) not in report.failed]


def _miss(uow: UnitOfWork, known: Stored) -> None:
    uow.db.get_one(Service, known.id).missing_since = uow.now


def _each(
    units: Units,
    actor: Actor,
    report: Report,
    doing: str,
    wanted: Sequence[T],
    act: Callable[[UnitOfWork, T], None],
    tell: Tell,
) -> None:
    """Do something to each of the wanted, a batch of them per unit; where one fails, the others happen."""
    waiting = iter(wanted)
    done = 0
    while batch := list(islice(waiting, BATCH)):
        tell(f"{doing}: {done} of {len(wanted)}")
        with units.write(actor) as uow:
            for one in batch:
                try:
                    with uow.db.begin_nested():
                        act(uow, one)
                except CalciferError as error:
                    report.failed.append((shown(_name(one), 200), error.message))
        done += len(batch)


def _name(one: object) -> str:
    return one.name if isinstance(one, Stored | Path) else str(one)
