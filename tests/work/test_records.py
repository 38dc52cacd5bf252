"""The file of an item: whatever it says comes back as it was, for the database is built again from it."""

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from calcifer.kit.errors import Invalid
from calcifer.kit.schemas import Line, Said, Text
from calcifer.work import front_matter
from calcifer.work.models import ACTIONS, CATEGORIES
from calcifer.work.records import Judged, Made, Record, Tick, Waived, parse, render

WORDS = (
    *(
        "---",
        "...",
        "## Notes",
        "\n## Notes\n",
        "None.",
        "\n",
        "\n\n",
        "null",
        "true",
        "~",
        "0o17",
        "012",
        "1e3",
        "2026-01-31",
    ),
    *(
        "2026-01-31T00:00:00Z",
        "{a: b}",
        "[x]",
        "- x",
        "? x",
        ": ",
        " #",
        "&a",
        "*a",
        "!!python/object:x",
        "%YAML",
        "|",
        ">",
    ),
    *(
        "'",
        '"',
        "\\",
        "\t",
        "  ",
        "é",
        "日本",
        "🔥",
        "\u2028",
        "\u0085",
        "\ufeff",
        "\ufffe",
        "\u00a0",
        "<!-- -->",
        "> ",
        "```",
        "=",
        "<<",
    ),
)
texts = st.lists(st.sampled_from(WORDS) | st.text(max_size=20), max_size=8).map("".join)


def taken(kind: Any) -> st.SearchStrategy[str]:
    """Texts as the schemas let them in."""
    adapter: TypeAdapter[str] = TypeAdapter(kind)

    def let_in(text: str) -> str:
        for attempt in (
            text,
            "".join(letter for letter in text if letter.isprintable() or letter == "\n"),
            " ".join(text.split()),
        ):
            try:
                return adapter.validate_python(attempt)
            except ValueError:
                continue
        return "x"

    return texts.map(let_in)


lines, said, maybe = taken(Line), taken(Said), taken(Text)
foreign = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)  # from git: nobody checked it
instants = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  (Hypothesis wants them naive)
numbers = st.integers(1, 2**31 - 1)
records = st.builds(
    Record,
    number=numbers,
    title=lines,
    reason=said,
    category=st.sampled_from(CATEGORIES),
    action=st.sampled_from(ACTIONS),
    service=lines,
    state=st.sampled_from(["open", "completed", "dropped"]),
    author=foreign,
    author_mail=foreign,
    opened_at=instants,
    updated_at=instants,
    branch=st.none() | lines,
    is_parent=st.booleans(),
    is_express=st.booleans(),
    parent=st.none() | numbers,
    reverts=st.none() | numbers,
    assignee=st.none() | lines,
    docs_reason=maybe,
    notes=maybe,
    completed_at=st.none() | instants,
    completed_by=st.none() | lines,
    change=foreign,
    checklist=st.lists(st.builds(Tick, lines, st.none() | lines, st.none() | instants), max_size=3),
    waivers=st.lists(st.builds(Waived, lines, lines, said, foreign, instants), max_size=2),
    verdicts=st.lists(st.builds(Judged, lines, lines, foreign), max_size=2),
    commits=st.lists(st.builds(Made, lines, foreign, foreign), max_size=2),
    answers_for=st.lists(lines, max_size=2),
    revision=st.none() | numbers,
)
AT = datetime(2026, 1, 31, tzinfo=UTC)
MERGED = "x0: &x0 {a: 1}\n" + "".join(f"x{n}: &x{n} {{<<: [{', '.join([f'*x{n - 1}'] * 10)}]}}\n" for n in range(1, 10))
PLAIN = Record(1, "Pin", "Why", "service", "change", "web", "open", "Ada", "a@b", AT, AT)


@settings(deadline=None)  # how long one takes says something about the machine
@given(records)
@example(Record(**vars(PLAIN) | {"notes": "None."}))
@example(Record(**vars(PLAIN) | {"notes": "One\n\n## Notes\n\nTwo"}))
@example(Record(**vars(PLAIN) | {"notes": "    code first"}))
@example(Record(**vars(PLAIN) | {"reason": "x\n---\n## Notes\ny" * 5000}))
@example(Record(**vars(PLAIN) | {"change": "a\r\n## Notes\r\n\r\nb\rc"}))
def test_what_is_written_is_read(record: Record) -> None:
    text = render(record)
    assert parse(text) == record
    assert render(parse(text)) == text
    assert parse(text.encode().decode().replace("\n", "\r\n")).number == record.number  # a checkout with autocrlf


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no front matter",
        "---\n---\n",
        "---\n- a list\n---\n",
        "---\n{bad: [\n---\n",
        "---\nnumber: 1\n---\n",
        "---\n" + "[" * 200_000 + "\n---\n",
        f"---\n{MERGED}\n---\n",
        f"---\nnumber: {':'.join(['1'] * 100_000)}\n---\n",
        "---\n!!python/object/apply:os.system ['true']\n---\n",
        render(PLAIN).replace("number: 1", "number: one"),
        render(PLAIN).replace("number: 1", "number: -1"),
        render(PLAIN).replace("title: Pin", "title: [a, b]"),
        render(PLAIN).replace("title: Pin", "title: 2026-01-31"),
        render(PLAIN).replace("category: service", "category: nonsense"),
        render(PLAIN).replace("state: open", "state: nonsense"),
        render(PLAIN).replace("title: Pin", "title: Pin\nchecklist: [{text: 3}]"),
        render(PLAIN).replace("title: Pin", "title: Pin\nchecklist: [{nothing: x}]"),
        render(PLAIN).replace("opened_at: '2026-01-31T00:00:00Z'", "opened_at: tomorrow"),
    ],
)
def test_what_is_no_record_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid, match="record"):
        parse(text)


def test_what_a_later_version_adds_is_let_be() -> None:
    assert parse(render(PLAIN).replace("title: Pin", "title: Pin\nnew_field: 3")) == PLAIN


front = st.recursive(
    texts | st.integers(0, 2**40) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.once
@settings(deadline=None)
@given(st.dictionaries(lines, front, max_size=5))
@example({"a": [], "b": {}, "c": "", "d": "x " * 200})
def test_front_matter_is_what_the_library_writes(values: dict[str, Any]) -> None:
    written = yaml.dump(values, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120)
    assert front_matter.dump(values) == written
