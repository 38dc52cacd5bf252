"""The only place that examines the workspace: runs the checks of every domain, and mends what is safe to mend."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from calcifer.doctor import checks as own
from calcifer.git import checks as of_git
from calcifer.kit.diagnosis import CHECKS, Check, Finding, Ward, load
from calcifer.kit.errors import CalciferError, NotFound
from calcifer.secrets import checks as of_secrets
from calcifer.services import checks as of_services
from calcifer.work import checks as of_work

for _package in (own, of_services, of_work, of_git, of_secrets):
    load(_package)

_FIRST = ("database", "git", "permissions", "disk")
ALL = tuple(sorted(CHECKS, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)))
"""Every check, in the order in which they are done: those first without which others say little."""
log = logging.getLogger("calcifer.doctor")
Mark = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """A finding with the check that has it."""

    check: Check
    finding: Finding

    @property
    def is_safe(self) -> bool:
        """Whether `mend` can do it."""
        return self.check.mend is not None and self.finding.aim is not None


@dataclass
class Examination:
    """What was found; which checks were done, and which were not, for a database that cannot be used."""

    found: list[Found] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    mended: list[Found] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong; what is merely to be known does not count."""
        return not any(one.finding.is_fault for one in self.found)


def examine(ward: Ward, *, reads_all: bool = True) -> Examination:
    """Do every check, without those that read all objects where these are not wanted. Nothing is changed."""
    began = time.monotonic()
    made = Examination()
    if not ward.home.is_dir():
        return Examination(
            [unopened(NotFound(f"There is no workspace at {ward.home}.", mend="calcifer init"), ward.home)]
        )
    has_database = not ward.units.database.faults()
    for name in ALL:
        check = CHECKS[name]
        if (check.needs_database and not has_database) or (check.reads_all and not reads_all):
            made.left_out.append(name)
            continue
        # What keeps a repository from being read is found by each check that reads it, and said once.
        known = {(one.finding.subject, one.finding.sentence) for one in made.found}
        made.found += [one for one in _done(ward, check) if (one.finding.subject, one.finding.sentence) not in known]
        made.done.append(name)
    made.seconds = round(time.monotonic() - began, 3)
    return made


def mend(ward: Ward, *, reads_all: bool = True, mark: Mark = lambda _: None) -> Examination:
    """Examine, mend what is safe, and examine again; `mark` is told each mend before and after it is done.

    Each mend is for itself, looks again before it does anything, and may be killed and repeated at any point.
    """
    before = examine(ward, reads_all=reads_all)
    mended = [one for one in _one_of_each(before.found) if one.is_safe and _mended(ward, one, mark)]
    if not mended:
        return before
    after = examine(ward, reads_all=False)
    still = {_key(one) for one in after.found}
    after.mended = [one for one in before.found if one.is_safe and _key(one) not in still]
    after.found += [one for one in before.found if one.check.reads_all]  # reading it all once is enough
    after.done, after.left_out = before.done, before.left_out
    after.seconds = round(before.seconds + after.seconds, 3)
    return after


def unopened(error: CalciferError, home: Path) -> Found:
    """Return what is to be said where the workspace could not even be opened."""
    return Found(CHECKS["database"], Finding(str(home), error.message, error.mend or ""))


def _key(one: Found) -> tuple[str, str, str | None]:
    return one.check.name, one.finding.subject, one.finding.aim


def _one_of_each(found: Iterable[Found]) -> list[Found]:
    """Return one finding for each thing that a mend is told: one scan is enough for ten services."""
    return list({(one.check.name, one.finding.aim): one for one in found}.values())


def _done(ward: Ward, check: Check) -> list[Found]:
    """Do a check; where it cannot be done, that is what it has found, and the others go on."""
    try:
        return [Found(check, finding) for finding in check.find(ward)]
    except CalciferError as error:
        return [_undone(check, error.message, error.mend or "")]
    except OSError as error:
        return [_undone(check, f"{error.strerror}: {error.filename}.", "")]
    except SQLAlchemyError as error:
        log.exception("The check %s could not be done", check.name)
        return [_undone(check, f"{type(error).__name__}.", "The log says more: var/logs/calcifer.log")]


def _undone(check: Check, why: str, mend: str) -> Found:
    return Found(check, Finding(check.name, f"This check could not be done: {why}", mend))


def _mended(ward: Ward, one: Found, mark: Mark) -> bool:
    assert one.check.mend
    assert one.finding.aim is not None
    mark(f"{one.check.name}: {one.finding.subject}")
    ward.tell(f"Mending {one.check.name}: {one.finding.subject}")
    try:
        one.check.mend(ward, one.finding.aim)
    except (CalciferError, OSError) as error:
        log.warning("%s of %s could not be mended: %s", one.check.name, one.finding.subject, error)
        return False
    mark("mended")
    return True
