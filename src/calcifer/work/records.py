"""The only place that writes and reads an item as a file: YAML front matter for programs, Markdown for people.

An open item is `item.md` on its own ref, a completed one the record in `.calcifer/work/`; both have this form. The front matter
alone is what `parse` trusts, but for the notes, which are everything after the heading `## Notes`.
"""

import re
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError
from yaml.constructor import SafeConstructor

from calcifer.kit.errors import Invalid
from calcifer.kit.schemas import invalid
from calcifer.work import front_matter
from calcifer.work.models import kind_of
from calcifer.work.schemas import Action, Category

_MARK = "\n## Notes\n"
_DEEPEST = 10
_TO_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTRUCTOR: Any = SafeConstructor()

Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


@dataclass(frozen=True)
class Tick:
    """A checklist line with who ticked it and when."""

    text: str
    done_by: str | None = None
    done_at: datetime | None = None


@dataclass(frozen=True)
class Waived:
    """A waiver as the record keeps it."""

    rule: str
    head: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Approved:
    """What the owner of a host has approved, as the record keeps it."""

    host: str
    digest: str
    facts: list[str]
    by: str
    at: datetime


@dataclass(frozen=True)
class Judged:
    """A verdict as the record keeps it."""

    rule: str
    verdict: str
    sentence: str


@dataclass(frozen=True)
class Made:
    """A commit of the branch as the record keeps it."""

    commit: str
    subject: str
    author: str


@dataclass(frozen=True)
class Record:
    """Everything that an item says. Instants are UTC, whole microseconds."""

    number: Number
    title: str
    reason: str
    category: Category
    action: Action
    service: str
    state: Literal["open", "completed", "dropped"]
    author: str
    author_mail: str
    opened_at: datetime
    updated_at: datetime
    branch: str | None = None
    is_parent: bool = False
    is_express: bool = False
    parent: Number | None = None
    reverts: Number | None = None
    assignee: str | None = None
    docs_reason: str = ""
    notes: str = ""
    completed_at: datetime | None = None
    completed_by: str | None = None
    change: str = ""
    checklist: list[Tick] = field(default_factory=list)
    waivers: list[Waived] = field(default_factory=list)
    approvals: list[Approved] = field(default_factory=list)
    verdicts: list[Judged] = field(default_factory=list)
    commits: list[Made] = field(default_factory=list)
    answers_for: list[str] = field(default_factory=list)
    """Commits that were on main before the item, which it explains."""
    revision: Number | None = None
    """How often it was edited; None in what an earlier version wrote."""

    @property
    def kind(self) -> str:
        """Category and action as people read them: "Service Change"."""
        return kind_of(self.category, self.action)


_OPTIONAL = {part.name for part in fields(Record) if part.default is not MISSING or part.default_factory is not MISSING}
_PARTS = {"checklist": Tick, "waivers": Waived, "approvals": Approved, "verdicts": Judged, "commits": Made}


def render(record: Record) -> str:
    """Write the file: front matter, then the report."""
    front: dict[str, Any] = {}
    for name, value in vars(record).items():
        if name == "notes" or (name in _OPTIONAL and value in (None, "", [], False)):
            continue
        front[name] = (
            [_plain(dict(vars(part))) if name in _PARTS else part for part in value]
            if isinstance(value, list)
            else value
        )
    head = front_matter.dump(_plain(front))
    notes = f"{_MARK}\n{record.notes}\n" if record.notes else ""
    return f"---\n{head}---\n\n{_report(record)}{notes}"


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }


def _report(record: Record) -> str:
    lines = [f"# {_flat(record.title)}", "", _summary(record), "", "## Reason", "", *_quoted(record.reason)]
    if record.change:
        lines += ["", "## Change", "", *_quoted(record.change)]
    if record.checklist:
        lines += ["", "## Checklist", "", *(_line(tick) for tick in record.checklist)]
    if record.verdicts:
        lines += ["", "## Rules", "", *(f"- {v.rule}: {v.verdict}. {_flat(v.sentence)}" for v in record.verdicts)]
    for waiver in record.waivers:
        lines += [f"- {waiver.rule} was waived by {_flat(waiver.by)} on {waiver.at:%Y-%m-%d}: {_flat(waiver.reason)}"]
    for approval in record.approvals:
        said = f"- What it reaches of {_flat(approval.host)} was approved by {_flat(approval.by)} on {approval.at:%Y-%m-%d}:"
        lines += [said, *(f"  - {_flat(fact)}" for fact in approval.facts)]
    if record.docs_reason:
        lines += ["", f"No document had to change: {_flat(record.docs_reason)}"]
    if record.commits:
        lines += [
            "",
            "## Commits",
            "",
            *(f"- `{c.commit[:12]}` {_flat(c.subject)} ({_flat(c.author)})" for c in record.commits),
        ]
    if record.answers_for:
        lines += ["", "## Answers for", "", *(f"- `{oid[:12]}`" for oid in record.answers_for)]
    return "\n".join(lines) + "\n"


def _summary(record: Record) -> str:
    words = [
        f"{record.kind} (#{record.number}) to {record.service}, opened by {_flat(record.author)} on {record.opened_at:%Y-%m-%d}"
    ]
    if record.completed_at:
        words.append(f"completed by {_flat(record.completed_by or '?')} on {record.completed_at:%Y-%m-%d}")
    else:
        words.append(record.state)
    if record.parent:
        words.append(f"part of #{record.parent}")
    if record.reverts:
        words.append(f"takes back #{record.reverts}")
    return ", ".join(words) + "."


def _line(tick: Tick) -> str:
    if tick.done_at is None:
        return f"- [ ] {_flat(tick.text)}"
    return f"- [x] {_flat(tick.text)} ({_flat(tick.done_by or '?')}, {tick.done_at:%Y-%m-%d})"


def _quoted(text: str) -> list[str]:
    return [f"> {line}".rstrip() for line in text.split("\n")]


def _flat(text: str) -> str:
    return " ".join(text.split())


def parse(content: str) -> Record:
    """Read what `render` wrote; raises Invalid with a sentence where anything in it is not what it has to be.

    Whoever may push can have written it. What a later version has added is let be.
    """
    text = content.replace("\r\n", "\n")
    head, mark, body = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not mark:
        raise Invalid("The record has no front matter between two lines of '---'.")
    try:
        values = _instants(_load(head))
        for name in _PARTS:
            values[name] = [_instants(entry) for entry in values.get(name, [])]
        return _record().validate_python(values | {"notes": body.partition(_MARK)[2].strip("\n")})
    except ValidationError as error:
        raise Invalid(f"The record cannot be read: {invalid(error).message}") from None
    except (yaml.YAMLError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise Invalid(f"The record cannot be read: {error}") from None


def _load(head: str) -> Any:
    """Read what `render` writes of YAML, in one pass: no tags, no anchors, no merge keys, few levels.

    What it never writes is refused: deep nesting ends the process, references multiply.
    """
    stack: list[_Collection] = [_Collection([])]
    loader = _Loader(head)
    while (event := loader.get_event()) is not None:
        if isinstance(event, yaml.ScalarEvent):
            if event.tag is not None or event.anchor is not None:
                raise ValueError("it has tags or anchors.")
            stack[-1].put(_scalar(event.value) if event.implicit[0] else event.value)
        elif isinstance(event, yaml.CollectionStartEvent):
            if event.tag is not None or event.anchor is not None:
                raise ValueError("it has tags or anchors.")
            if len(stack) > _DEEPEST:
                raise ValueError(f"it is nested deeper than {_DEEPEST} levels.")
            stack.append(_Collection({} if isinstance(event, yaml.MappingStartEvent) else []))
        elif isinstance(event, yaml.CollectionEndEvent):
            whole = stack.pop().whole
            stack[-1].put(whole)
        elif isinstance(event, yaml.AliasEvent):
            raise ValueError("it has aliases.")  # noqa: TRY004  (of the content, not of an argument)
    (whole,) = stack[0].whole
    return whole


class _Collection:
    """A list or a mapping that is being read; of a mapping, the key whose value comes next."""

    __slots__ = ("key", "whole")

    def __init__(self, whole: Any) -> None:
        self.whole = whole
        self.key: str | None = None

    def put(self, value: Any) -> None:
        if isinstance(self.whole, list):
            self.whole.append(value)
        elif self.key is None:
            if not isinstance(value, str) or value == "<<":
                raise ValueError("it has a key that is no word.")
            self.key = value
        else:
            self.whole[self.key], self.key = value, None


def _scalar(value: str) -> Any:
    """Return what a plain word stands for, as the library has it."""
    for kind, pattern in _Loader.yaml_implicit_resolvers.get(value[:1], ()):
        if pattern.match(value):
            if len(value) > 40 and _TO_BASE_60.fullmatch(value):  # such as 1:1:1:1…: a long one takes minutes
                raise ValueError("it has a number to base 60 with more than 40 digits.")
            return _CONSTRUCTOR.yaml_constructors[kind](_CONSTRUCTOR, yaml.ScalarNode(kind, value))
    return value


@cache
def _record() -> TypeAdapter[Record]:
    return TypeAdapter(Record)


def _instants(values: dict[str, Any]) -> dict[str, Any]:
    made = {}
    for name, value in values.items():
        instant = (
            datetime.fromisoformat(value)
            if isinstance(value, str) and (name.endswith("_at") or name == "at")
            else value
        )
        if isinstance(instant, datetime) and instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        made[name] = instant
    return made
