"""The only place that writes CHANGES.md: an entry put in at the top, everything that was there kept byte for byte.

A file is read as CommonMark reads it, so that a heading in a code block, a comment or a list is not taken for one. An
entry cannot leak out of its section: its headings are pushed below the second level, what it leaves open is closed.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

TITLE = "# Changes"
NEW_FILE = "CHANGES.md"
NAMES = frozenset({"changes.md", "changelog.md"})
"""What the file may be called, in any case."""

_BREAK = re.compile(rb"\r\n?|\n")
_CANDIDATE = re.compile(rb"^ {0,3}(?:##(?:[ \t]|\r?$)|-+[ \t]*\r?$)", re.MULTILINE)
_DEFINITION = re.compile(rb" {0,3}\[[^\]\r\n]+\]:[ \t]*\S")
_UNRELEASED = re.compile(r"\W*unreleased\b", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINES = re.compile(r"\r\n?|\n")
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True)
class Heading:
    """What stands above an entry: the day of completion, who completed, `Item.kind` and the item's number."""

    day: date
    author: str
    kind: str
    number: int

    def __str__(self) -> str:
        """The line: `## 2026-01-31 - Ada - Service Change (#42)`."""
        author = " ".join(_CONTROL.sub(" ", self.author).split())
        return f"## {self.day:%Y-%m-%d} - {author} - {self.kind} (#{self.number})"


def target(paths: Iterable[str]) -> str:
    """Choose among the paths of a repository's top folder: CHANGES.md, else its CHANGELOG.md, else a new file."""
    there = sorted(paths)
    for name in (NEW_FILE, "CHANGELOG.md"):
        found = [path for path in there if path.lower() == name.lower()]
        if found:
            return name if name in found else found[0]
    return NEW_FILE


def fold(text: bytes | None, entry: str, heading: Heading) -> bytes:
    """Return the file with the entry under its heading: before the newest one there, after an "Unreleased" section.

    `text` None or blank gives a new file with a title. The file's line ends, its byte order mark and a missing last
    line end stay; UTF-16 (PowerShell's `>`) stays UTF-16.
    """
    for mark, encoding in _WIDE.items():
        if text and text.startswith(mark):
            return mark + _recoded(text.removeprefix(mark), entry, heading, encoding)
    mark = codecs.BOM_UTF8 if text and text.startswith(codecs.BOM_UTF8) else b""
    old = (text or b"").removeprefix(mark)
    if not old.strip():
        return mark + old + f"{TITLE}\n\n{_section(entry, heading)}\n".encode(errors="replace")
    end = b"\r\n" if old.count(b"\r\n") * 2 > old.count(b"\n") else b"\n"
    block = _section(entry, heading).encode(errors="replace").replace(b"\n", end)
    at = _place(old)
    before, after = old[:at], old[at:]
    return mark + before + _gap(before, end) + block + (end * 2 + after if after else _last_end(old, end))


def _section(entry: str, heading: Heading) -> str:
    return f"{heading}\n\n{contained(entry)}".rstrip("\n")


def _recoded(text: bytes, entry: str, heading: Heading, encoding: str) -> bytes:
    try:
        plain = text.decode(encoding).encode()
    except UnicodeDecodeError:
        return text + f"\n\n{_section(entry, heading)}\n".encode(encoding, "replace")
    return fold(plain, entry, heading).decode().encode(encoding)


def _gap(before: bytes, end: bytes) -> bytes:
    """Return what is missing for a blank line after `before`."""
    lines = _BREAK.split(before)
    if not before or (len(lines) > 2 and not lines[-1].strip() and not lines[-2].strip()):
        return b""
    return end if not lines[-1].strip() else end * 2


def _last_end(old: bytes, end: bytes) -> bytes:
    return end if old.endswith((b"\n", b"\r")) else b""


def _place(text: bytes) -> int:
    """Return the offset of the first second-level heading but "Unreleased", else of the end before link definitions."""
    for length in _prefixes(text):
        known = text[:length]
        for token, inline in _headings(known.decode(errors="replace"), _FILE):
            if token.tag == "h2" and token.map and not _UNRELEASED.match(inline.content):
                return _starts(known)[token.map[0]]
    return _end(text)


def _starts(text: bytes) -> list[int]:
    return [0, *(found.end() for found in _BREAK.finditer(text))]


def _prefixes(text: bytes) -> Iterator[int]:
    """Yield the lengths of beginnings that end in what could be a heading: a long file is hardly ever read whole."""
    ends = [found.end() for found in _CANDIDATE.finditer(text)]
    step = 1
    while step < len(ends):
        line = _BREAK.search(text, ends[step - 1])
        yield line.end() if line else len(text)
        step *= 4
    if ends:
        yield len(text)


def _end(text: bytes) -> int:
    """Return where the last text ends, leaving link definitions (`[unreleased]: https://…`) at the foot."""
    at, starts = len(text), _starts(text)
    for start, stop in reversed(list(zip(starts, [*starts[1:], len(text)], strict=True))):
        line = text[start:stop]
        if _DEFINITION.match(line):
            at = start
        elif line.strip():
            break
    return at


def _blocks_only(reader: MarkdownIt) -> MarkdownIt:
    reader.core.ruler.enableOnly(["normalize", "block"])
    return reader


_ENTRY = _blocks_only(MarkdownIt("commonmark"))
_FILE = _blocks_only(MarkdownIt("commonmark").use(front_matter_plugin))


def _headings(text: str, reader: MarkdownIt = _ENTRY) -> list[tuple[Token, Token]]:
    """Return the headings of the text itself (not those in lists and quotes), each with the token of its words."""
    tokens = reader.parse(text)
    return [(t, tokens[i + 1]) for i, t in enumerate(tokens) if t.type == "heading_open" and t.level == 0]


def contained(entry: str) -> str:
    """Return an entry that cannot change what stands below it: headings from the third level, nothing left open."""
    lines = _LINES.split(_CONTROL.sub("", entry).strip("\r\n"))
    text = "\n".join(_lowered(lines)).strip("\n").rstrip()
    return text if _ends(text) else _closed(text)


def _lowered(lines: list[str]) -> list[str]:
    headings = _headings("\n".join(lines))
    down = max((3 - int(token.tag[1]) for token, _ in headings), default=0)
    if down <= 0:
        return lines
    lowered: list[str | None] = list(lines)
    for token, inline in headings:
        first, stop = token.map or [0, 0]
        level = "#" * min(int(token.tag[1]) + down, 6)
        lowered[first:stop] = [f"{level} {' '.join(inline.content.split())}".rstrip()] + [None] * (stop - first - 1)
    return [line for line in lowered if line is not None]


def _ends(text: str) -> bool:
    """Whether a heading after `text` would be one."""
    found = _headings(f"{text}\n\n## .")
    return bool(found) and found[-1][1].content == "." and all(token.tag not in ("h1", "h2") for token, _ in found[:-1])


def _closed(text: str) -> str:
    """Close the code block, or disarm the HTML, that runs to the end of `text`."""
    last = _ENTRY.parse(text)[-1]
    lines = text.split("\n")
    if last.type == "fence":
        indent = " " * (len(lines[last.map[0]]) - len(lines[last.map[0]].lstrip())) if last.map else ""
        lines.append(indent + last.markup)
    elif last.type == "html_block" and last.map:
        lines[last.map[0]] = lines[last.map[0]].replace("<", "\\<", 1)
    closed = "\n".join(lines)
    return closed if _ends(closed) else "\n".join(f"    {line}" for line in text.split("\n"))
