"""CHANGES.md gets each entry exactly once, and loses nothing."""

import codecs
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from calcifer.work.changelog import Heading, contained, fold, target


def heading(number: int = 42) -> Heading:
    """The heading of an item."""
    return Heading(date(2026, 1, 31), "Ada", "Service Change", number)


LINE = "## 2026-01-31 - Ada - Service Change (#42)"

LINES = st.sampled_from(
    [
        *(
            "",
            "",
            "text",
            "# Title",
            "## 1.0",
            "## [Unreleased]",
            "### Added",
            "- item",
            "  ## in a list",
            "> ## quoted",
        ),
        *(
            "```",
            "~~~",
            "```sh",
            "    indented",
            "\tcode",
            "---",
            "===",
            "<!--",
            "-->",
            "<details>",
            "</details>",
            "<pre>",
        ),
        *(
            "<script>",
            "<![CDATA[",
            "<?php",
            "[a]: https://example.org",
            "[b]:",
            "| a | b |",
            "| - | - |",
            "1. one",
            "ü \u2028",
            "\\",
        ),
    ]
)
MARKDOWN = st.lists(LINES, max_size=15).map("\n".join)
TEXTS = st.one_of(MARKDOWN, st.text(max_size=60))
FILES = st.one_of(
    TEXTS.map(str.encode), st.binary(max_size=60), TEXTS.map(lambda text: text.replace("\n", "\r\n").encode())
)


def sections(text: bytes) -> list[str]:
    """The first and second level headings of a file, as a reader sees them."""
    tokens = MarkdownIt("commonmark").parse(text.decode().removeprefix("\ufeff"))
    return [
        tokens[i + 1].content for i, t in enumerate(tokens) if t.tag in ("h1", "h2") and t.nesting == 1 and not t.level
    ]


def is_old_with_one_insertion(old: bytes, new: bytes) -> bool:
    """Whether `new` is `old` with one run of bytes put in somewhere."""
    kept = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return new.endswith(old[kept:])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, f"# Changes\n\n{LINE}\n\nPin it.\n"),
        ("", f"# Changes\n\n{LINE}\n\nPin it.\n"),
        ("\n", f"\n# Changes\n\n{LINE}\n\nPin it.\n"),
        (
            "# Changes\n\nWhat an operator should know.\n",
            f"# Changes\n\nWhat an operator should know.\n\n{LINE}\n\nPin it.\n",
        ),
        ("# C\n\n## old\n\nx\n", f"# C\n\n{LINE}\n\nPin it.\n\n## old\n\nx\n"),
        ("# C\n## old\n", f"# C\n\n{LINE}\n\nPin it.\n\n## old\n"),
        ("# C\r\n\r\n## old\r\n", f"# C\r\n\r\n{LINE}\r\n\r\nPin it.\r\n\r\n## old\r\n"),
        ("# C\n\ntext", f"# C\n\ntext\n\n{LINE}\n\nPin it."),
        ("## old", f"{LINE}\n\nPin it.\n\n## old"),
        ("\ufeff## old\n", f"\ufeff{LINE}\n\nPin it.\n\n## old\n"),
        ("C\n=\n\n1.0\n---\n", f"C\n=\n\n{LINE}\n\nPin it.\n\n1.0\n---\n"),
        ("---\na: b\n---\n## old\n", f"---\na: b\n---\n\n{LINE}\n\nPin it.\n\n## old\n"),
        (
            "# C\n\n## [Unreleased]\n\n- x\n\n## 1.0\n",
            f"# C\n\n## [Unreleased]\n\n- x\n\n{LINE}\n\nPin it.\n\n## 1.0\n",
        ),
        ("## Unreleased\n- x\n\n[a]: http://a\n", f"## Unreleased\n- x\n\n{LINE}\n\nPin it.\n\n[a]: http://a\n"),
        ("```\n## a\n```\n<!--\n## b\n-->\n## c\n", f"```\n## a\n```\n<!--\n## b\n-->\n\n{LINE}\n\nPin it.\n\n## c\n"),
        ("- a\n  ## b\n\n> ## c\n\n## d\n", f"- a\n  ## b\n\n> ## c\n\n{LINE}\n\nPin it.\n\n## d\n"),
    ],
)
def test_the_entry_comes_first_and_the_rest_stays(before: str | None, after: str) -> None:
    assert fold(None if before is None else before.encode(), "Pin it.", heading()).decode() == after


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_utf_16_stays_utf_16(mark: bytes) -> None:
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    folded = fold(mark + "# C\r\n\r\n## old\r\n".encode(encoding), "Pin it.", heading())
    assert folded == mark + f"# C\r\n\r\n{LINE}\r\n\r\nPin it.\r\n\r\n## old\r\n".encode(encoding)


@pytest.mark.parametrize(
    ("entry", "written"),
    [
        ("Pin it.\r\n\r\n* because\r\n", "Pin it.\n\n* because"),
        ("# A\ntext\n## B", "### A\ntext\n#### B"),
        ("Title\n===\ntext", "### Title\ntext"),
        ("a\nb\n---\ntext", "### a b\ntext"),
        ("### Fine\n#### too", "### Fine\n#### too"),
        ("```sh\n# a comment\n", "```sh\n# a comment\n```"),
        ("~~~~\nx", "~~~~\nx\n~~~~"),
        ("<!-- open", "\\<!-- open"),
        ("---\nnot: front matter\n---", "---\n### not: front matter"),
        ("\n\n    code\n", "    code"),
        ("nul\0 and bell\a", "nul and bell"),
    ],
)
def test_an_entry_stays_in_its_section(entry: str, written: str) -> None:
    assert contained(entry) == written


def test_a_name_cannot_break_the_heading() -> None:
    assert (
        str(Heading(date(2026, 1, 31), "Ada\n## x\0\t y", "Service Fix", 7))
        == "## 2026-01-31 - Ada ## x y - Service Fix (#7)"
    )


@pytest.mark.parametrize(
    ("paths", "chosen"),
    [
        ([], "CHANGES.md"),
        (["README.md", "docs"], "CHANGES.md"),
        (["CHANGELOG.md", "CHANGES.md"], "CHANGES.md"),
        (["CHANGELOG.md", "changes.md"], "changes.md"),
        (["changelog.md"], "changelog.md"),
        (["Changelog.md", "CHANGELOG.md"], "CHANGELOG.md"),
        (["docs/CHANGELOG.md", "CHANGELOG.rst"], "CHANGES.md"),
    ],
)
def test_the_file_that_is_there_is_taken(paths: list[str], chosen: str) -> None:
    assert target(paths) == chosen


@given(FILES, TEXTS)
def test_everything_that_was_there_is_kept(old: bytes, entry: str) -> None:
    new = fold(old, entry, heading())
    assert is_old_with_one_insertion(old, new)
    if old.strip() and not old.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        assert new.endswith((b"\n", b"\r")) == old.endswith((b"\n", b"\r"))


@given(MARKDOWN.filter(str.strip), st.lists(TEXTS, min_size=1, max_size=5), st.randoms())
def test_each_of_many_entries_is_there_once_in_any_order(old: str, entries: list[str], order: object) -> None:
    numbered = list(enumerate(entries, 1))
    order.shuffle(numbered)  # type: ignore[attr-defined]
    text = old.encode()
    for number, entry in numbered:
        text = fold(text, f"{entry}\n\nmark{number}mark", heading(number))
    for number, _ in numbered:
        assert len(re.findall(rb"^%b\r?$" % re.escape(str(heading(number))).encode(), text, re.MULTILINE)) == 1
        assert text.count(b"mark%dmark" % number) == 1


@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_the_newest_is_first_and_every_section_is_seen(entries: list[str]) -> None:
    text = None
    for number, entry in enumerate(entries, 1):
        text = fold(text, entry, heading(number))
    numbers = range(len(entries), 0, -1)
    assert sections(text or b"") == ["Changes", *(str(heading(n)).removeprefix("## ") for n in numbers)]


@given(MARKDOWN.filter(lambda text: "\n" in text and text.strip()), TEXTS)
def test_crlf_stays_crlf(old: str, entry: str) -> None:
    folded = fold(old.replace("\n", "\r\n").encode(), entry, heading())
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", folded)
