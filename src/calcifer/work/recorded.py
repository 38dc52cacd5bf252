"""The only place that finds the items of a repository in git alone: in records that completions brought in, and on items' refs.

A completion is a merge commit on main's first parent with the trailer `Work-Item`, in which a record appears that neither side had;
a parent's record comes with the second side, which has nothing else. What a branch or a commit beside that has put into
`.calcifer/work/` is no record. Everything comes from repositories that anybody may have pushed to: what cannot be taken as it is
becomes a `Problem`, and nothing raises but what concerns the repository as a whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from calcifer.kit.errors import CalciferError, Invalid, NotFound
from calcifer.kit.git.damage import told
from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import HEADS, Commit, Repository
from calcifer.work import sound
from calcifer.work.branches import record_path
from calcifer.work.records import Record, parse

ITEMS, DROPPED = "refs/calcifer/items/", "refs/dropped/"
FILE = "item.md"
FOLDER = ".calcifer/work"
LARGEST_BYTES = 5_000_000
MOST_EDITS = 10_000
MAX_NUMBER = 2**31 - 1
_TRAILER = re.compile(r"^Work-Item: ([1-9][0-9]{0,9})[ \t]*$", re.MULTILINE)
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_TITLE = re.compile(r"^[^:\n]+: (.*) \(#[0-9]+\)$")


@dataclass(frozen=True)
class Problem:
    """What could not be taken from a repository: where, and why."""

    place: str
    reason: str


@dataclass(frozen=True)
class Found:
    """An item with what git knows beside its record; `place` is a path on main, or a ref."""

    record: Record
    place: str
    merge: str | None = None
    head: str | None = None
    came_along: bool = False
    """It was on main already when the service was adopted."""


@dataclass
class Reading:
    """Everything about work in one repository; `highest` is the highest number that any ref, record or merge names."""

    items: list[Found] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    highest: int = 0
    before_first: str | None = None
    """The commit of main that the oldest completion came upon."""

    def miss(self, place: str, reason: str) -> None:
        """Note what cannot be taken."""
        self.problems.append(Problem(visible(place), visible(reason)))


def read(repository: Repository, main_branch: str, *baselines: str | None) -> Reading:
    """Read all items of a repository; what came before the commits `baselines` of main, all of them, came along with it."""
    found = Reading()
    with told(repository.path):
        refs = {name: tip for prefix in (HEADS, ITEMS, DROPPED) for name, tip in repository.refs(prefix).items()}
    _read_main(repository, refs.get(HEADS + main_branch), set(baselines), found)
    completed = {item.record.number for item in found.items}
    branches = {main_branch}
    for name in sorted(refs):
        if name.startswith(HEADS):
            continue
        number = name.removeprefix(ITEMS).removeprefix(DROPPED)
        if not _NUMBER.fullmatch(number) or int(number) > MAX_NUMBER:
            found.miss(name, "This is no number of an item.")
            continue
        found.highest = max(found.highest, int(number))
        if name.startswith(DROPPED):
            if ITEMS + number not in refs and int(number) not in completed:
                found.miss(name, f"No ref {ITEMS}{number} says what was dropped.")
        elif int(number) in completed:
            found.miss(name, f"#{number} is completed: the ref is left over.")
        else:
            _read_ref(repository, name, refs, branches, found)
    return found


# -- completed items ----------------------------------------------------------------------------------------------------


def _read_main(repository: Repository, tip: str | None, baselines: set[str | None], found: Reading) -> None:
    """Go back on main by first parents; newest first, so that the oldest of two records with one number stays."""
    later = set(baselines)
    taken: dict[int, Found] = {}
    for commit in _first_parents(repository, tip, found):
        later.discard(commit.oid)
        trailers = _TRAILER.findall(commit.message) if len(commit.parents) == 2 else []
        number = int(trailers[-1]) if trailers else 0
        if not 0 < number <= MAX_NUMBER:
            continue
        item, path = None, None
        try:
            with told(repository.path):
                path = _record_at(repository, commit, number)
                if path is None:
                    continue
                found.highest = max(found.highest, number)
                item = _completed(repository, commit, number, path)
        except CalciferError as error:
            found.miss(f"{path or FOLDER} in {commit.oid[:12]}", error.message)
        if item is None:
            continue
        found.before_first = commit.parents[0]
        if number in taken:
            found.miss(taken[number].place, f"#{number} was completed before: {item.place} is what counts.")
        taken[number] = replace(item, came_along=not later)
    found.items += reversed(taken.values())


def _first_parents(repository: Repository, tip: str | None, found: Reading) -> Iterator[Commit]:
    while tip is not None:
        try:
            with told(repository.path):
                commit = repository.commit(tip)
        except CalciferError as error:
            if tip not in _shallow(repository.git_dir):
                found.miss(f"main at {tip[:12]}", f"What came before cannot be read: {error.message}")
            return
        yield commit
        tip = commit.parents[0] if commit.parents else None


def _shallow(git_dir: Path) -> str:
    try:
        return (git_dir / "shallow").read_text("ascii", "replace")
    except OSError:
        return ""


def _completed(repository: Repository, merge: Commit, number: int, path: str) -> Found | None:
    """Return the item that a merge completed; None where the branch brought the file; Invalid where it cannot be taken."""
    _, head = merge.parents
    blob = repository.entry(merge.oid, path)
    assert blob is not None
    came_with_branch = repository.entry(head, path) == blob
    if came_with_branch and not _is_record_alone(repository, merge, path):
        return None
    record = _parsed(repository, blob.oid, number)
    if record.state != "completed" or record.completed_at is None or record.is_parent != came_with_branch:
        raise Invalid(f"The record {path} is not one of a completed item.")
    sound.check(record, completed=True)
    record = replace(record, change="", verdicts=[], commits=[])  # no table has them, and there may be 100,000
    return Found(record, path, merge.oid, None if record.is_parent else head)


def _record_at(repository: Repository, merge: Commit, number: int) -> str | None:
    """Return the path of the record with this number that is new in a merge."""
    into = merge.parents[0]
    title = _TITLE.match(merge.subject)
    path = record_path(number, title[1]) if title else ""
    if not title or repository.entry(merge.oid, path) is None:
        try:
            entries = repository.folder(merge.oid, FOLDER)
        except NotFound:
            return None
        names = (entry.path for entry in entries if entry.kind == "file")
        named = (name for name in names if re.match(rf"0*{number}-", name.rpartition("/")[2]))
        path = next((name for name in named if repository.entry(into, name) is None), "")
    if not path or repository.entry(merge.oid, path) == repository.entry(into, path):
        return None
    return path


def _is_record_alone(repository: Repository, merge: Commit, path: str) -> bool:
    """Whether the second side of a merge is what completing a parent makes: one commit upon main with the record alone."""
    into, head = merge.parents
    if repository.commit(head).parents != (into,) or repository.tree_of(head) != merge.tree:
        return False
    return [change.path for change in repository.changes(into, head)] == [path]


# -- open and dropped items ---------------------------------------------------------------------------------------------


def _read_ref(repository: Repository, ref: str, refs: dict[str, str], branches: set[str], found: Reading) -> None:
    number = int(ref.rpartition("/")[2])
    try:
        with told(repository.path):
            record = _of_ref(repository, refs[ref], number)
            sound.check(record, completed=False)
    except CalciferError as error:
        found.miss(ref, error.message)
        return
    if record.branch in branches:
        found.miss(ref, f"The branch '{record.branch}' of #{number} belongs to something else.")
        return
    branches.update({record.branch} if record.branch else ())
    tip = refs.get(f"{DROPPED}{number}" if record.state == "dropped" else f"{HEADS}{record.branch}")
    found.items.append(Found(record, ref, head=tip if record.branch else None))


def _of_ref(repository: Repository, tip: str, number: int) -> Record:
    commit = repository.commit(tip)
    blob = repository.entry(tip, FILE)
    if blob is None:
        raise NotFound(f"There is no file {FILE} in it.")
    record = _parsed(repository, blob.oid, number)
    if record.state == "completed":
        raise Invalid("It is called completed, which only a record on main can be.")
    return record if record.revision else replace(record, revision=_count_edits(repository, commit))


def _count_edits(repository: Repository, commit: Commit) -> int:
    """Count the edits of an item that an earlier version wrote: a commit each."""
    edits = 1
    while commit.parents and edits < MOST_EDITS:
        commit = repository.commit(commit.parents[0])
        edits += 1
    return edits


def _parsed(repository: Repository, oid: str, number: int) -> Record:
    size = repository.size(oid)
    if size > LARGEST_BYTES:
        raise Invalid(f"The record has {size / 1e6:.0f} MB, and none of ours has more than {LARGEST_BYTES / 1e6:.0f}.")
    try:
        record = parse(repository.blob(oid).decode())
    except UnicodeDecodeError:
        raise Invalid("The record is not UTF-8.") from None
    if record.number != number:
        raise Invalid(f"The record is that of #{record.number}, not of #{number}.")
    return record
