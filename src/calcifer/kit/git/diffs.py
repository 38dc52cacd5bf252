"""The only place that turns diffs into rows for pages.

Everything is bounded, by files, rows and characters, and says how much it left out; every byte comes out safe to show.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import pygit2
from pygit2.enums import DeltaStatus

from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import Repository

EXECUTABLE, LINK, SUBMODULE = 0o100755, 0o120000, 0o160000
ENCRYPTED = ".age"
"""Files of age: their lines say nothing to anybody."""
_STATES = {DeltaStatus.ADDED: "added", DeltaStatus.DELETED: "deleted", DeltaStatus.RENAMED: "renamed"}
_KINDS = {" ": "context", "+": "added", "-": "deleted"}
_TOKENS = re.compile(r"\w+|\s+|[^\w\s]")
_COMPARED_TOKENS = 60
_ALIKE = 0.3  # of the characters of the longer line; below that, marked words are noise


@dataclass(frozen=True)
class Limits:
    """How much of a diff is turned into rows. A file over `file_bytes` on either side is named, not compared."""

    files: int = 100
    rows: int = 2000
    file_rows: int = 1000
    line_characters: int = 600
    file_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Word:
    """A run of text in a line; `changed` where its counterpart on the other side reads otherwise."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `kind` is "context", "added" or "deleted"; line numbers begin with 1, None where that side has no such line.

    `cut` counts characters left out at its end; `ends` is False where the file stops there without a line end.
    """

    kind: str
    old: int | None
    new: int | None
    words: tuple[Word, ...]
    cut: int = 0
    ends: bool = True

    @property
    def text(self) -> str:
        """The line as far as it is shown."""
        return "".join(word.text for word in self.words)


@dataclass(frozen=True)
class Hunk:
    """Rows that lie together; `context` is what git takes for the name of the section they are in."""

    context: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class FileDiff:
    """One file: `state` is "added", "deleted", "changed", "renamed" or "mode" (nothing but its mode changed).

    `why` says why there are no rows (binary, too big, enough shown already); `more` counts rows left out.
    """

    path: str
    state: str
    old_path: str | None = None
    old_mode: int = 0
    new_mode: int = 0
    added: int = 0
    deleted: int = 0
    hunks: tuple[Hunk, ...] = ()
    why: str = ""
    more: int = 0
    is_binary: bool = False

    @property
    def mode_change(self) -> str:
        """What became of its kind: executable, a link, a submodule; "" where nothing did."""
        if self.new_mode in (LINK, SUBMODULE) and self.old_mode != self.new_mode:
            return "link" if self.new_mode == LINK else "submodule"
        if self.state in ("added", "deleted") or self.old_mode == self.new_mode:
            return "executable" if self.state == "added" and self.new_mode == EXECUTABLE else ""
        return "now executable" if self.new_mode == EXECUTABLE else "no longer executable"


@dataclass(frozen=True)
class Diff:
    """What differs between two trees; `added` and `deleted` count the lines of the files shown, `more` the files not shown."""

    files: tuple[FileDiff, ...]
    more: int = 0

    @property
    def added(self) -> int:
        """Lines that came."""
        return sum(file.added for file in self.files)

    @property
    def deleted(self) -> int:
        """Lines that went."""
        return sum(file.deleted for file in self.files)


def diff(
    repository: Repository, old: str | None, new: str, *, limits: Limits = Limits(), only: str | None = None
) -> Diff:
    """Compare two trees or commits (None: the empty tree) for a page; `only` is the shown path of the one file wanted."""
    patch = repository.patch(old, new, renames=False)
    if _is_cheap_to_compare(repository, patch):
        patch.find_similar()
    every = list(patch.deltas)
    wanted = [at for at, delta in enumerate(every) if only in (None, _path(delta.new_file))]
    files, room = [], limits.rows
    for at in wanted[: limits.files]:
        file = _file(repository, patch, at, every[at], limits, room)
        room -= sum(len(hunk.rows) for hunk in file.hunks)
        files.append(file)
    return Diff(tuple(files), max(0, len(wanted) - limits.files))


def text(
    repository: Repository,
    old: str | None,
    new: str,
    *,
    characters: int,
    without: str | None = None,
    limits: Limits = Limits(),
) -> str:
    """Return the diff between two trees or commits as git prints it, cut after so many characters; big files are only named, those
    whose paths begin with `without` are left out.
    """
    patch = repository.patch(old, new, renames=False)
    if _is_cheap_to_compare(repository, patch):
        patch.find_similar()
    parts: list[str] = []
    for at, delta in enumerate(patch.deltas):
        if sum(map(len, parts)) > characters:
            break
        if without and _path(delta.new_file).startswith(without):
            continue
        sizes = [repository.size(str(file.id)) for file in (delta.old_file, delta.new_file)]
        compared = patch[at] if max(sizes) <= limits.file_bytes else None
        named = (
            f"diff --git a/{_path(delta.old_file)} b/{_path(delta.new_file)}\nThis file is too big to compare here.\n"
        )
        parts.append(compared.data.decode("utf-8", "replace") if compared is not None else named)
    return "".join(parts)


def _is_cheap_to_compare(repository: Repository, patch: pygit2.Diff) -> bool:
    """Renames are found by comparing every new file with every deleted one: quadratic, and all of them are read."""
    new = [delta.new_file for delta in patch.deltas if delta.status == DeltaStatus.ADDED]
    gone = [delta.old_file for delta in patch.deltas if delta.status == DeltaStatus.DELETED]
    if not new or not gone or len(new) * len(gone) > 10_000:
        return False
    return sum(repository.size(str(file.id)) for file in (*new, *gone)) < 16_000_000


def _path(file: pygit2.DiffFile) -> str:
    return visible(file.raw_path.decode("utf-8", "surrogateescape")) if file.raw_path else ""


def _file(
    repository: Repository, patch: pygit2.Diff, at: int, delta: pygit2.DiffDelta, limits: Limits, room: int
) -> FileDiff:
    before, after = delta.old_file, delta.new_file
    is_same = before.id == after.id
    state = _STATES.get(delta.status, "mode" if is_same else "changed")
    old_path = _path(before) if state == "renamed" else None
    named = FileDiff(_path(after), state, old_path, int(before.mode), int(after.mode))
    if is_same:
        return named
    if named.path.endswith(ENCRYPTED):
        words = {"added": "is new", "deleted": "is taken out"}.get(state, "is another one")
        name = named.path.rpartition("/")[2].removesuffix(ENCRYPTED)
        return replace(named, why=f"The encrypted value of {name} {words}.")
    if max(repository.size(str(before.id)), repository.size(str(after.id))) > limits.file_bytes:
        return replace(named, why="This file is too big to compare here.")
    compared = patch[at]
    if compared is None or compared.delta.is_binary:
        return replace(named, why="This file is binary.", is_binary=True)
    context, added, deleted = compared.line_stats
    hunks = _hunks(compared, min(room, limits.file_rows), limits.line_characters)
    more = context + added + deleted - sum(len(hunk.rows) for hunk in hunks)
    why = "" if hunks or not more else "Enough is shown already."
    return replace(named, added=added, deleted=deleted, hunks=hunks, more=more, why=why)


def _hunks(patch: pygit2.Patch, room: int, characters: int) -> tuple[Hunk, ...]:
    found: list[tuple[str, list[Row]]] = []
    for hunk in patch.hunks:
        if room <= 0:
            break
        rows = list(_rows(hunk.lines, room, characters))
        room -= len(rows)
        found.append((visible(hunk.header.partition("@@ ")[2].partition("@@")[2].strip()), rows))
    every = [row for _, rows in found for row in rows]
    crlf = any(row.ends for row in every) and all(row.text.endswith("\r") for row in every if row.ends)
    return tuple(Hunk(context, tuple(_finished(rows, crlf=crlf))) for context, rows in found)


def _rows(lines: Iterable[pygit2.DiffLine], room: int, characters: int) -> Iterator[Row]:
    """Yield rows with one raw word each."""
    last: Row | None = None
    for line in lines:
        kind = _KINDS.get(line.origin)
        if kind is None:  # "\ No newline at end of file", said of the row before
            last = replace(last, ends=False) if last else None
            continue
        if last:
            yield last
            room -= 1
        if not room:
            return
        text = line.raw_content.removesuffix(b"\n").decode("utf-8", "surrogateescape")
        cut = max(0, len(text) - characters)
        old, new = (number if number > 0 else None for number in (line.old_lineno, line.new_lineno))
        last = Row(kind, old, new, (Word(text[: len(text) - cut]),), cut)
    if last:
        yield last


def _finished(rows: list[Row], *, crlf: bool) -> Iterator[Row]:
    """Mark what changed within lines that took each other's place, and make everything visible.

    A carriage return at the end of a line is shown only where some lines have one and others do not.
    """
    shown = [replace(row, words=(Word(_shown(row.text, crlf=crlf)),)) for row in rows]
    at = 0
    while at < len(shown):
        gone = _run(shown, at, "deleted")
        came = _run(shown, at + gone, "added")
        for pair in range(min(gone, came)):
            one, other = shown[at + pair], shown[at + gone + pair]
            before, after = marked(one.text, other.text)
            shown[at + pair], shown[at + gone + pair] = replace(one, words=before), replace(other, words=after)
        at += gone + came or 1
    yield from shown


def _run(rows: list[Row], start: int, kind: str) -> int:
    end = start
    while end < len(rows) and rows[end].kind == kind:
        end += 1
    return end - start


def _shown(text: str, *, crlf: bool) -> str:
    if text.endswith("\r"):
        return visible(text[:-1]) + ("" if crlf else "␍")
    return visible(text)


def marked(old: str, new: str) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Return both lines as words with what differs marked; unmarked where they have too little in common to compare."""
    one, other = _TOKENS.findall(old), _TOKENS.findall(new)
    begin = _common(one, other)
    end = _common(one[begin:][::-1], other[begin:][::-1])
    here, there = one[begin : len(one) - end], other[begin : len(other) - end]
    if max(len(here), len(there)) <= _COMPARED_TOKENS:
        codes = SequenceMatcher(None, here, there, autojunk=False).get_opcodes()
    else:
        codes = [("replace", 0, len(here), 0, len(there))]
    left = _words(one[:begin], [(tag, here[a:b]) for tag, a, b, _, _ in codes], one[len(one) - end :])
    right = _words(other[:begin], [(tag, there[a:b]) for tag, _, _, a, b in codes], other[len(other) - end :])
    alike = sum(len(word.text.strip()) for word in left if not word.changed)
    if alike < _ALIKE * max(len(old.strip()), len(new.strip())):
        return (Word(old),), (Word(new),)
    return left, right


def _common(one: list[str], other: list[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _words(begin: list[str], middle: list[tuple[str, list[str]]], end: list[str]) -> tuple[Word, ...]:
    words: list[Word] = []
    for tag, tokens in [("equal", begin), *middle, ("equal", end)]:
        text, changed = "".join(tokens), tag != "equal"
        if text and words and words[-1].changed == changed:
            words[-1] = Word(words[-1].text + text, changed)
        elif text:
            words.append(Word(text, changed))
    return tuple(words)
