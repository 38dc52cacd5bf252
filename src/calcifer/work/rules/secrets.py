"""The rule `secrets`: no line that is new on main looks like a secret."""

from collections.abc import Iterator

from calcifer.kit import leaks
from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import MOST_READ_BYTES, Change, Repository
from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import counted

LOOK_BYTES = 8_000_000
SHOWN = 50
FILES = frozenset({0o100644, 0o100755})


@rule("secrets", "No secret in the diff")
def secrets(case: Case) -> Verdict:
    """Say path, line and kind, never the secret. A line that was somewhere in the files before, as after a move, is not new."""
    found, left_out = [], []
    room = LOOK_BYTES
    for change, size in _files(case):
        room -= min(size, leaks.LOOK_BYTES)
        is_looked_at = room >= 0 and size <= MOST_READ_BYTES
        if not is_looked_at or size > leaks.LOOK_BYTES:
            left_out.append(f"{visible(change.path)}: {'only its beginning was' if is_looked_at else 'not'} looked at")
        if is_looked_at:
            found += [f"{visible(change.path)}:{leak.line} {leak.kind}" for leak in _leaks(case, change)]
    if not found:
        return Verdict("secrets", "pass", "Nothing in the diff looks like a secret.", evidence=tuple(left_out[:SHOWN]))
    return Verdict(
        "secrets",
        "fail",
        f"{counted(len(found), 'line')} of the diff {'looks' if len(found) == 1 else 'look'} like a secret.",
        "Take it out, and replace it where it is used: the branch's history keeps this one. "
        "Where it is no secret, end the line with the comment “calcifer: allow-secret”",
        (*found[:SHOWN], *left_out[:SHOWN]),
    )


def _files(case: Case) -> Iterator[tuple[Change, int]]:
    for change in case.changes:
        if change.new and change.new.mode in FILES and (change.old is None or change.old.oid != change.new.oid):
            yield change, case.repository.size(change.new.oid)


def _leaks(case: Case, change: Change) -> list[leaks.Leak]:
    assert change.new
    text = case.repository.blob(change.new.oid)[: leaks.LOOK_BYTES]
    old = _lines(case.repository, change)
    lines = [number for number, line in enumerate(text.split(b"\n"), start=1) if line not in old] if old else None
    found = leaks.find(change.path, text, lines)
    if not found or change.old:
        return found
    moved = set().union(*(_lines(case.repository, other) for other in case.changes if other.new is None))
    every = text.split(b"\n")
    return [leak for leak in found if every[leak.line - 1] not in moved]


def _lines(repository: Repository, change: Change) -> set[bytes]:
    if change.old is None or change.old.mode not in FILES or repository.size(change.old.oid) > 4 * leaks.LOOK_BYTES:
        return set()
    return set(repository.blob(change.old.oid).split(b"\n"))
