"""Services from elsewhere: a survey says what is there, `adopt_from` takes it; both are promised here and done by jobs.

Only owners may: Calcifer talks to whatever address they name. A token goes to that address alone; it lies in a file of its own
until the job is over (`kit/lending.py`), and in no row, argument, address or log.
"""

from pathlib import Path
from typing import Any

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit.asking import checked_token
from calcifer.kit.errors import CalciferError, Invalid, NotFound
from calcifer.kit.lending import borrowed, lend
from calcifer.kit.promises import JobRow, get_job, promise
from calcifer.kit.ssh import is_host_address, read_host_address
from calcifer.kit.uow import UnitOfWork
from calcifer.kit.workflows import JobContext
from calcifer.services import queries
from calcifer.services.copying import put_in_place
from calcifer.services.elsewhere import Asked, Elsewhere, Found, Settling, read_asked
from calcifer.services.forges import read_address
from calcifer.services.forges.bringing import Owner
from calcifer.services.planning import Known, shown
from calcifer.services.service.adoption import JOB_FROM as ADOPT_FROM
from calcifer.services.service.adoption import Report
from calcifer.services.service.building import building
from calcifer.services.service.distance import Directory
from calcifer.services.service.reading import register_listed

SURVEY = "services.survey"


def survey(uow: UnitOfWork, var: Path, asked: Asked, token: str | None = None) -> JobRow:
    """Promise to say what is there; nothing is taken."""
    permissions.require(uow.actor, "services.survey")
    return _promised(uow, var, SURVEY, asked, token)


def adopt_from(uow: UnitOfWork, var: Path, asked: Asked, token: str | None = None) -> JobRow:
    """Promise to make services of what is there; the job's result is a `Report` as JSON."""
    permissions.require(uow.actor, "services.adopt_from")
    return _promised(uow, var, ADOPT_FROM, asked, token)


def _promised(uow: UnitOfWork, var: Path, name: str, asked: Asked, token: str | None) -> JobRow:
    token = checked_token(token)
    if is_host_address(asked.url):
        read_host_address(asked.url)
        if token or asked.forge:
            raise Invalid.field("token" if token else "kind", "A directory by ssh has no token and no kind of forge.")
    else:
        read_address(asked.url)
    row = promise(uow, name, asked.written(has_token=bool(token)))
    lend(uow, var, row, token)
    activity.record(uow, name, asked.url[:1000])
    return row


def get_survey(uow: UnitOfWork, job_id: int) -> JobRow:
    """Return the job of a survey; NotFound where there is none."""
    row = get_job(uow.db, job_id)
    if row.name != SURVEY:
        raise NotFound(f"There is no survey {job_id}.")
    return row


def _place(asked: Asked, token: str | None, job: JobContext) -> Elsewhere:
    if is_host_address(asked.url):
        return Directory(*read_host_address(asked.url), tell=job.progress, actor=job.actor, clock=job.units.clock)
    return Owner(read_address(asked.url), asked.forge, token, job.progress, by_ssh=asked.by_ssh)


def carry_out_survey(job: JobContext, home: Path) -> dict[str, Any]:
    """Look, and say what is there."""
    asked, has_token = read_asked(job.subject)
    permissions.require(job.actor, "services.survey")
    with borrowed(job, home / "var", is_needed=has_token) as token:
        found = _place(asked, token, job).look()
    notes = []
    if has_token and asked.url.startswith("http://"):
        notes.append("The token went over a connection that is not encrypted: https:// would be.")
    return {"found": [one.as_json() for one in _settled(job, home, found)], "notes": notes}


def _settled(job: JobContext, home: Path, found: list[Found]) -> list[Found]:
    with job.units.read(job.actor) as uow:
        known = Known.of(queries.list_places(uow.db))
    return Settling(home, known).settled(found)


def carry_out(job: JobContext, home: Path) -> Report:
    """Look again and take what was chosen, one after the other; one that fails keeps no other from being taken."""
    asked, has_token = read_asked(job.subject)
    permissions.require(job.actor, "services.adopt_from")
    report = Report()
    with borrowed(job, home / "var", is_needed=has_token) as token:
        place = _place(asked, token, job)
        chosen = _chosen(_settled(job, home, place.look()), asked, report)
        new = [one for one in chosen if one.kind in ("clone", "read")]
        _take_note(job, home, [one for one in chosen if one.kind == "register"], report)
        with building(home / "var") as folder:
            for one, made in place.bring(new, folder):
                _arrived(job, home, one, made, report)
    return report


def _chosen(found: list[Found], asked: Asked, report: Report) -> list[Found]:
    chosen = []
    for one in found:
        is_wanted = one.by_default if asked.only is None else one.name in asked.only
        if one.kind == "nothing" and is_wanted:
            report.unchanged.append(one.name)
        elif one.kind == "none" or not is_wanted:
            if asked.only is None or is_wanted:
                report.left_out.append((shown(one.path), shown(one.reason)))
        else:
            chosen.append(one)
    if asked.only is not None:
        missing = sorted(asked.only - {one.name for one in found})
        report.failed += [(name[:200], "is not there.") for name in missing]
    return chosen


def _arrived(job: JobContext, home: Path, one: Found, made: Path | CalciferError, report: Report) -> None:
    try:
        if isinstance(made, CalciferError):
            raise made
        put_in_place(made, home / one.name)
    except CalciferError as error:
        report.failed.append((shown(one.path), shown(error.message)))
        return
    except OSError as error:
        report.failed.append((shown(one.path), f"{error.strerror or error}."))
        return
    _take_note(job, home, [one], report)


def _take_note(job: JobContext, home: Path, there: list[Found], report: Report) -> None:
    for one in there:
        try:
            with job.units.write(job.actor) as uow:
                register_listed(uow, home / one.name, name=one.name)
        except CalciferError as error:
            report.failed.append((shown(one.path), error.message))
            continue
        report.adopted.append(one.name)
        report.withheld += [(shown(f"{one.name}/{out.path}"), out.reason) for out in one.withheld]
