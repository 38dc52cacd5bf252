"""The only place that moves refs: compare-and-swap by `git update-ref --stdin`, in two phases.

`prepare` locks and compares every ref; `commit` writes them. A process killed in between leaves no lock behind, because git gives
up when its standard input closes. libgit2's own transaction neither compares nor cleans up.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from calcifer.kit.errors import CalciferError, Conflict, Unavailable
from calcifer.kit.git.program import arguments, environment, held_lock, locked

ZERO = "0" * 40
_MOVED = re.compile(r"ref '([^']+)': (?:is at|reference already exists|unable to resolve|reference is missing)")
_BLOCKED = re.compile(r"'([^']+)' exists; cannot create '([^']+)'")


class BranchMoved(Conflict):
    """A ref is not where it was when the change was computed: somebody else moved it meanwhile."""


class BranchInTheWay(Conflict):
    """A branch of this name makes another name impossible (`work` blocks `work/1-x`)."""


@dataclass(frozen=True)
class RefMove:
    """One ref from `old` to `new`; None stands for "does not exist"."""

    ref: str
    old: str | None
    new: str | None
    message: str = ""


class Mover:
    """A git process that moves the refs of one repository: `begin`, `prepared`, then `commit` or `abort`.

    It is started as soon as it is known that something will move, and asked to lock before its answer is needed: both take as long
    as much of what the caller has to do meanwhile.
    """

    def __init__(self, path: Path, message: str) -> None:
        """Start the process; `message` goes into the reflog."""
        self._path = path
        self._process = subprocess.Popen(
            arguments(("update-ref", "-m", message or "calcifer", "-z", "--stdin")),
            cwd=path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )

    def begin(self, moves: list[RefMove]) -> None:
        """Ask it to lock and compare."""
        lines = [b"start"]
        for move in moves:
            old, new = (move.old or ZERO).encode(), (move.new or ZERO).encode()
            lines.append(b"update " + move.ref.encode() + b"\0" + new + b"\0" + old)
        self._say(b"\0".join([*lines, b"prepare", b""]))

    def prepared(self) -> None:
        """Wait until every ref is locked and compared; raises BranchMoved, BranchInTheWay or Unavailable and then holds nothing."""
        self._expect(b"start: ok\n", b"prepare: ok\n")

    def commit(self) -> None:
        """Write the refs."""
        self._say(b"commit\0")
        self._expect(b"commit: ok\n")
        self._end()

    def abort(self) -> None:
        """Give the locks back and change nothing."""
        if self._process.poll() is None:
            self._process.stdin and self._process.stdin.close()
            self._end()

    def _say(self, words: bytes) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(words)
            self._process.stdin.flush()
        except BrokenPipeError:
            return  # git has given up; its answer is read next

    def _expect(self, *answers: bytes) -> None:
        assert self._process.stdout
        for answer in answers:
            if self._process.stdout.readline() != answer:
                raise self._failure()

    def _failure(self) -> CalciferError:
        assert self._process.stderr
        err = self._process.stderr.read().decode("utf-8", "replace").strip()
        self._end()
        if blocked := _BLOCKED.search(err):
            return BranchInTheWay(
                f"The branch '{_short(blocked[1])}' in {self._path.name} is in the way of '{_short(blocked[2])}': rename it."
            )
        if moved := _MOVED.search(err):
            return BranchMoved(
                f"'{_short(moved[1])}' in {self._path.name} was moved by somebody else meanwhile: look again, then repeat."
            )
        if lock := held_lock(err):
            return locked(lock)
        return Unavailable(f"git could not move a branch in {self._path.name}: {err[-400:]}")

    def _end(self) -> None:
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream and not stream.closed:
                stream.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()


def prepared(path: Path, moves: list[RefMove]) -> Mover:
    """Lock and compare; raises BranchMoved, BranchInTheWay or Unavailable and then holds nothing."""
    mover = Mover(path, moves[0].message)
    mover.begin(moves)
    mover.prepared()
    return mover


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/")
