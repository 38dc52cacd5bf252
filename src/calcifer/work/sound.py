"""The only place that says which records the database can hold and the program can work with: a form alone does not make one."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from calcifer.kit.errors import Invalid
from calcifer.kit.git.names import checked_ref
from calcifer.kit.schemas import TEXT_CHARACTERS, Line
from calcifer.work.records import Record

LONGEST_NAME = 1000
MOST_LINES = 1000
ONLY_IN_GIT = {"change", "verdicts", "commits", "answers_for"}
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_LINE: TypeAdapter[str] = TypeAdapter(Line)


def check(record: Record, *, completed: bool) -> None:
    """Raise Invalid with a sentence where a record has something that only a stranger can have written."""
    for name, value in _values(record):
        if isinstance(value, datetime):
            _check_instant(name, value)
        elif isinstance(value, str):
            _check_text(name, value)
    for name in ("title", "assignee"):
        _check_line(name, getattr(record, name))
    for line in record.checklist:
        _check_line("checklist", line.text)
    counts = [len(record.checklist), len(record.waivers), len(record.approvals)]
    if max(*counts, *(len(one.facts) for one in record.approvals)) > MOST_LINES:
        raise Invalid(f"It has more than {MOST_LINES} lines of checklist, waivers or approvals.")
    if (record.branch is None) != record.is_parent:
        raise Invalid("It has a branch although it is a parent, or none although it is not.")
    if record.branch is not None:
        checked_ref(record.branch)
    if not completed and record.completed_at is not None:
        raise Invalid("It is not completed, and has an instant at which it was.")


def _values(part: Any) -> Iterator[tuple[str, Any]]:
    """Yield every text and instant with the name of its field."""
    for name, value in vars(part).items():
        if name in {"checklist", "waivers", "approvals"}:
            for one in value:
                yield from _values(one)
        elif name == "facts":
            yield from ((name, one) for one in value)
        elif name not in ONLY_IN_GIT:
            yield name, value


def _check_instant(name: str, value: datetime) -> None:
    try:
        year = value.astimezone(UTC).year if value.tzinfo else 0
    except OverflowError:
        year = 0
    if not 1970 <= year < 9999:
        raise Invalid(f"{name}: this is no instant that a change can have.")


def _check_text(name: str, value: str) -> None:
    if _NO_TEXT.search(value):
        raise Invalid(f"{name}: this has characters that no text has.")
    longest = TEXT_CHARACTERS if name in {"reason", "notes", "docs_reason"} else LONGEST_NAME
    if len(value) > longest:
        raise Invalid(f"{name}: this has more than {longest:,} characters.")


def _check_line(name: str, value: str | None) -> None:
    if value is None:
        return
    try:
        _LINE.validate_python(value)
    except ValidationError:
        raise Invalid(f"{name}: this is not one line of at most 200 characters.") from None
