"""Makes services of what is there: the verb promises the work, a job does it, one service after the other.

For each service everything happens or nothing: its repository is made aside and renamed into place, then registered in a unit of
its own. A repository that is in place without a row is found by the next run, which registers it.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit.errors import CalciferError, Conflict, Invalid, NotFound
from calcifer.kit.git import founding
from calcifer.kit.git.names import redacted
from calcifer.kit.git.repository import Repository
from calcifer.kit.promises import JobRow, get_job, promise
from calcifer.kit.uow import Actor, UnitOfWork, Units
from calcifer.services import descriptors, outside, queries
from calcifer.services.copying import copy_tree, put_in_place, write_file
from calcifer.services.histories import LOOKED_AT_BYTES
from calcifer.services.ignoring import ignore
from calcifer.services.lacking import without_blocked
from calcifer.services.naming import checked_name, mark_source
from calcifer.services.planning import Known, LeftOut, Plan, Step, Wish, is_address, is_source, lies_within, plan, shown
from calcifer.services.plans import TRACKED
from calcifer.services.service.building import building
from calcifer.services.service.reading import register_listed
from calcifer.services.service.taking import take_out
from calcifer.services.service.tracking import track

JOB = "services.adopt"
JOB_FROM = "services.adopt_from"
MOST_SOURCES = 1000
MOST_ROWS = 2000  # of a kind, in a job's result
Tell = Callable[[str], None]
Mark = Callable[[str], None]


def adopt(uow: UnitOfWork, home: Path, wish: Wish) -> JobRow:
    """Promise to make services of what is wished for; the job's result is a `Report` as JSON."""
    check(uow.actor, home, wish)
    row = promise(uow, JOB, written(wish))
    activity.record(uow, "services.adopt", shown(", ".join(wish.sources))[:1000])
    return row


def check(actor: Actor, home: Path, wish: Wish) -> None:
    """Raise Forbidden where the actor may not adopt this, Invalid where nothing, too much or a bad name is wished for.

    Only an owner takes what lies outside the workspace: whoever adopts a directory can read what is in it.
    """
    permissions.require(actor, "services.adopt")
    if not wish.sources:
        raise Invalid.field("sources", "Name at least one directory or address.")
    if len(wish.sources) > MOST_SOURCES or not all(is_source(source) for source in wish.sources):
        raise Invalid.field("sources", "These are no paths or addresses.")
    if any(is_address(source) and redacted(source) != source for source in wish.sources):
        raise Invalid.field(  # before anything is written down: promises and activity keep what was asked for
            "sources",
            "A name, password or token does not belong into an address: use an ssh key or a credential helper of git.",
        )
    if any(not lies_within(source, home) for source in wish.sources):
        permissions.require(actor, "services.adopt_anywhere")
    if wish.rest and wish.only is None:
        raise Invalid.field("rest", "The rest is what is not among those that are chosen: name these (--only).")
    if wish.name is not None:
        checked_name(wish.name)
        if len(wish.sources) > 1:
            raise Invalid.field("name", "A name is for one source; here are several.")


def planned(units: Units, actor: Actor, home: Path, wish: Wish) -> Plan:
    """Return what adopting would do now; nothing is changed, and directories are looked at outside of any unit."""
    made, known = _looked_at(units, actor, home, wish, LOOKED_AT_BYTES)
    return without_blocked(made, known)


def _looked_at(units: Units, actor: Actor, home: Path, wish: Wish, limit_bytes: int | None) -> tuple[Plan, Known]:
    """Return the plan, with what an edit is in the way of: carried out, that fails and says so."""
    check(actor, home, wish)
    with units.read(actor) as uow:
        known = Known.of(queries.list_places(uow.db))
    return plan(wish, home, known, limit_bytes=limit_bytes), known


def get_adoption(uow: UnitOfWork, job_id: int) -> JobRow:
    """Return the job of an adoption; NotFound where there is none."""
    row = get_job(uow.db, job_id)
    if row.name not in (JOB, JOB_FROM):
        raise NotFound(f"There is no adoption {job_id}.")
    return row


def written(wish: Wish) -> str:
    """Write a wish down as the subject of a job."""
    only = sorted(wish.only) if wish.only is not None else None
    return json.dumps([wish.sources, wish.directories, wish.in_place, wish.name, only, wish.rest])


def read(subject: str) -> Wish:
    """Read what `written` wrote."""
    sources, directories, in_place, name, only, *rest = json.loads(subject)
    return Wish(tuple(sources), directories, in_place, name, frozenset(only) if only is not None else None, *rest)


@dataclass
class Report:
    """How it went: names of services that are new or were there, and what could not be done or was left out, with why."""

    adopted: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    withheld: list[tuple[str, str]] = field(default_factory=list)
    found: list[tuple[str, str]] = field(default_factory=list)
    """What its history holds that looks like a secret, never belongs into git, or is large."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return what can be stored."""
        return {
            "adopted": self.adopted,
            "unchanged": self.unchanged,
            "withheld": [list(pair) for pair in self.withheld[:MOST_ROWS]],
            "found": [list(pair) for pair in self.found[:MOST_ROWS]],
            "failed": [list(pair) for pair in self.failed],
            "left_out": [list(pair) for pair in self.left_out[:MOST_ROWS]],
        }


def carry_out(
    units: Units, actor: Actor, home: Path, wish: Wish, *, tell: Tell = lambda _: None, mark: Mark = lambda _: None
) -> Report:
    """Do what the plan says now, one service after the other; one that fails keeps no other from being adopted.

    `tell` hears how far it is; `mark` is told each step by name.
    """
    tell("Looking at what is there")
    made, _ = _looked_at(units, actor, home, wish, None)
    report = Report(left_out=[(shown(one.source), _why(one)) for one in made.left_out])
    together = _together(made.steps)
    for number, steps in enumerate(together, 1):
        tell(f"{number} of {len(together)}: {steps[0].name}")
        if steps[0].kind == "nothing":
            report.unchanged.append(steps[0].name)
            continue
        try:
            report.adopted += _carry_out(units, actor, home, steps, mark)
            for step in steps:
                report.found += list(_found(step))
                report.withheld += [(shown(f"{step.name}/{one.path}"), one.reason) for one in step.withheld]
        except CalciferError as error:
            report.failed += [(shown(step.source), error.message) for step in steps]
        except OSError as error:
            report.failed += [(shown(step.source), f"{error.strerror or error}.") for step in steps]
    return report


def _together(steps: list[Step]) -> list[list[Step]]:
    """Return the steps, each alone but for those that one commit to one repository is enough for."""
    alone = [[step] for step in steps if step.kind not in TRACKED]
    shared: dict[Path, list[Step]] = {}
    for step in steps:
        if step.kind in TRACKED and step.past:
            shared.setdefault(step.past.repository, []).append(step)
    return [*alone, *shared.values()]


def _why(one: LeftOut) -> str:
    return f"{one.reason}. {one.mend}" if one.mend else one.reason


def _found(step: Step) -> Iterator[tuple[str, str]]:
    for find in step.past.finds if step.past else ():
        where = f"{step.name}/{find.path}" + (f", line {find.line}," if find.line else "")
        yield shown(f"{where} since {find.commit[:12]}"), find.reason


def _carry_out(units: Units, actor: Actor, home: Path, steps: list[Step], mark: Mark) -> list[str]:
    step = steps[0]
    if step.kind in TRACKED and step.past:
        if step.past.repository.parent != home:
            outside.remember(home / "var", step.past.repository)
        names = track(units, actor, step.past.repository, steps)
        mark("registered")
        return names
    with building(home / "var") as folder:
        if step.kind == "clone":
            _clone(step, folder, mark)
        elif step.kind == "split":
            take_out(step, folder, actor, units.clock(), mark)
        elif step.kind == "copy":
            _copy(step, folder, actor, units.clock(), mark)
        elif step.kind == "commit":
            first_commit(step, step.target / ".git", step.target, actor, units.clock())
            mark("made")
        elif step.kind == "begin":
            _begin(step, folder, actor, units.clock(), mark)
    if step.target.parent != home:
        outside.remember(home / "var", step.target)
    with units.write(actor) as uow:
        names, _ = register_listed(uow, step.target, name=step.name)
    mark("registered")
    return names


def _clone(step: Step, folder: Path, mark: Mark) -> None:
    made = folder / step.name
    origin = founding.origin_of(Path(step.source)) if step.source.startswith("/") else None
    founding.clone(step.source, made, origin=origin)
    Repository(made)  # what cannot be read, one with SHA-256 for example, is not put into the workspace
    mark_source(made / ".git", step.source)
    mark("made")
    put_in_place(made, step.target)
    mark("in place")


def _copy(step: Step, folder: Path, actor: Actor, now: datetime, mark: Mark) -> None:
    made = folder / step.name
    copy_tree(Path(step.source), made)
    mark("copied")
    founding.init(folder / "git")
    (folder / "git" / ".git").rename(made / ".git")
    first_commit(step, made / ".git", made, actor, now)
    mark_source(made / ".git", step.source)
    mark("made")
    put_in_place(made, step.target)
    mark("in place")


def _begin(step: Step, folder: Path, actor: Actor, now: datetime, mark: Mark) -> None:
    """Build `.git` aside: until it is renamed into place the directory is what it was, but for files that were missing in it."""
    with _beside(folder, step.target) as aside:
        founding.init(aside / "git")
        git_dir = aside / "git" / ".git"
        first_commit(step, git_dir, step.target, actor, now)
        mark("made")
        put_in_place(git_dir, step.target / ".git")
        mark("in place")


@contextmanager
def _beside(folder: Path, target: Path) -> Iterator[Path]:
    """Give `folder`, or where `target` is on another file system, to which nothing can be renamed from here, one beside it."""
    if folder.stat().st_dev == target.stat().st_dev:
        yield folder
        return
    with TemporaryDirectory(prefix=".calcifer-building-", dir=target.parent) as beside:
        yield Path(beside)


def first_commit(step: Step, git_dir: Path, folder: Path, actor: Actor, now: datetime) -> None:
    """Commit what lies in `folder`, but for what is withheld, and what every service has, into the repository `git_dir`."""
    ignore(folder, step.withheld, git_dir / "info" / "exclude")
    ours = _write_missing(folder)
    never = [one.path for one in step.withheld]
    message = f"Adopt {step.name}\n"
    founding.commit_all(git_dir, folder, actor.person, now, message, always=[*ours, ".gitignore"], never=never)


def _write_missing(folder: Path) -> list[str]:
    """Write what a service needs and this one does not have, a descriptor and a list of changes; return where they are."""
    if (folder / ".calcifer").is_symlink():
        raise Conflict(f"{folder.name}/.calcifer is a link: nothing is written through it.", mend="Remove the link.")
    there = {path.name.lower() for path in folder.iterdir()}
    if not there & {"changes.md", "changelog.md", "changes", "changelog"}:
        write_file(folder / "CHANGES.md", b"# Changes\n")
    if not (folder / descriptors.PATH).exists() and "catalog-info.yaml" not in there:
        write_file(folder / descriptors.PATH, descriptors.new_text().encode())
    return [descriptors.PATH, "CHANGES.md"]
