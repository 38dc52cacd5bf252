"""The check `records`: every completed item has its record on main, and every record its item."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.git.repository import Repository
from calcifer.services.repositories import of_each
from calcifer.services.rows import Stored
from calcifer.work import queries

FOLDER = ".calcifer/work"
TAKE_IN = (
    "calcifer rebuild takes it in, where a completion brought it and no other service has its number; "
    "else it is a file like any other"
)


@check("records", "Completed items and records agree")
def records(ward: Ward) -> Iterator[Finding]:
    """Compare by number; what a record says is read by a rebuild, not here."""
    return of_each(ward, _look)


def _look(session: Session, service: Stored, repository: Repository) -> Iterator[Finding]:
    main = repository.branch(service.main_branch)
    there = _numbers(repository, main) if main else {}
    completed = {item.number: item for item in queries.list_kept(session, service.id, state="completed")}
    # Without its merge, of course its record is missing too: the check `merges` says so.
    lost = repository.missing_from(main, {item.merge for item in completed.values() if item.merge})
    for number in sorted(there.keys() - completed.keys()):
        yield Finding(service.name, f"The record {there[number]} has no completed item.", TAKE_IN)
    for number in sorted(completed.keys() - there.keys()):
        if completed[number].merge not in lost:
            again = f"git -C {service.path} log --diff-filter=D -- '{FOLDER}/{number:04d}-*' shows who removed it"
            yield Finding(service.name, f"#{number} is completed, and has no record in {FOLDER} on main.", again)


def _numbers(repository: Repository, main: str) -> dict[int, str]:
    found = {}
    for name in repository.names(main, FOLDER):
        digits = name.partition("-")[0]
        if name.endswith(".md") and digits.isascii() and digits.isdecimal() and len(digits) < 11:
            found[int(digits)] = f"{FOLDER}/{name}"
    return found
