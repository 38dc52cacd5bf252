"""The only place that moves refs: compare-and-swap by `git update-ref --stdin`, in two phases.

`prepare` locks and compares every ref; `commit` writes them. A process killed in between leaves no lock behind, because git gives
up when its standard input closes. libgit2's own transaction neither compares nor cleans up.
"""

import os
import re
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
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


class Movers:
    """The git processes that move refs, kept for the repositories that were moved last: starting one takes as long as all else.

    Idle ones hold no lock. One of a repository that was replaced, or whose configuration was edited, is let go.
    """

    KEPT = 4

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._idle: dict[Path, _Process] = {}

    def take(self, path: Path) -> "Mover":
        """Give the process of the repository at `path` to the caller alone, or start one."""
        with self._lock:
            kept = self._idle.pop(path, None)
        if kept is not None and not kept.is_fit():
            kept.end()
            kept = None
        return Mover(kept or _Process(path), self._give)

    def _give(self, process: "_Process") -> None:
        with self._lock:
            before = self._idle.pop(process.path, None)
            self._idle[process.path] = process  # the one used last comes last
            over = self._idle.pop(next(iter(self._idle))) if len(self._idle) > self.KEPT else None
        for one in (before, over):
            if one is not None:
                one.end()

    def close(self) -> None:
        """Let all of them go."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for process in idle.values():
            process.end()


class _Process:
    """One `git update-ref --stdin`; it waits for words, and ends when its standard input closes, whoever closes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = _seen(path)
        self._process = subprocess.Popen(
            arguments(("update-ref", "-m", "calcifer", "-z", "--stdin")),
            cwd=path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )

    def is_fit(self) -> bool:
        """Whether it still runs, in the repository that is at its path now."""
        return self._process.poll() is None and self._seen == _seen(self.path)

    def say(self, words: bytes) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(words)
            self._process.stdin.flush()
        except BrokenPipeError:
            return  # git has given up; its answer is read next

    def hears(self, *answers: bytes) -> bool:
        assert self._process.stdout
        return all(self._process.stdout.readline() == answer for answer in answers)

    def last_words(self) -> str:
        assert self._process.stderr
        return self._process.stderr.read().decode("utf-8", "replace").strip()

    def __del__(self) -> None:
        """Leave no process behind where nobody has said `close`."""
        if hasattr(self, "_process"):
            self.end()

    def end(self) -> None:
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream and not stream.closed:
                with suppress(BrokenPipeError):
                    stream.close()
        self._process.wait()


def _seen(path: Path) -> tuple[int, ...]:
    """Tell a repository from another one that has come to its place, and its configuration from an edited one."""
    git_dir = f"{path}/.git"
    try:
        folder = os.stat(git_dir)  # noqa: PTH116  (asked at every change, and a Path costs more than the answer)
    except (FileNotFoundError, NotADirectoryError):
        git_dir = str(path)  # bare
        folder = path.stat()
    try:
        config = os.stat(f"{git_dir}/config")  # noqa: PTH116
    except OSError:
        return (folder.st_dev, folder.st_ino)
    return (folder.st_dev, folder.st_ino, config.st_ino, config.st_size, config.st_mtime_ns)


class Mover:
    """Moves the refs of one repository: `begin`, `prepared`, then `commit` or `abort`.

    git is asked to lock before its answer is needed: that takes as long as much of what the caller has to do meanwhile.
    """

    def __init__(self, process: _Process, give: Callable[[_Process], None]) -> None:
        """Use this process, and `give` it back once the refs have moved."""
        self._process: _Process | None = process
        self._give = give
        self._has_begun = False

    def begin(self, moves: list[RefMove]) -> None:
        """Ask it to lock and compare."""
        assert self._process
        lines = [b"start"]
        for move in moves:
            old, new = (move.old or ZERO).encode(), (move.new or ZERO).encode()
            lines.append(b"update " + move.ref.encode() + b"\0" + new + b"\0" + old)
        self._has_begun = True
        self._process.say(b"\0".join([*lines, b"prepare", b""]))

    def prepared(self) -> None:
        """Wait until every ref is locked and compared; raises BranchMoved, BranchInTheWay or Unavailable and then holds nothing."""
        self._expect(b"start: ok\n", b"prepare: ok\n")

    def commit(self) -> None:
        """Write the refs."""
        assert self._process
        self._process.say(b"commit\0")
        self._expect(b"commit: ok\n")
        self._has_begun = False
        self.abort()

    def abort(self) -> None:
        """Give the locks back and change nothing; to be called again does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._has_begun:
            process.end()
        else:
            self._give(process)

    def _expect(self, *answers: bytes) -> None:
        assert self._process
        if not self._process.hears(*answers):
            raise self._failure()

    def _failure(self) -> CalciferError:
        process, self._process = self._process, None
        assert process
        err = process.last_words()
        process.end()
        return _error(process.path, err)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()


def _error(path: Path, err: str) -> CalciferError:
    if blocked := _BLOCKED.search(err):
        return BranchInTheWay(
            f"The branch '{_short(blocked[1])}' in {path.name} is in the way of '{_short(blocked[2])}': rename it."
        )
    if moved := _MOVED.search(err):
        return BranchMoved(
            f"'{_short(moved[1])}' in {path.name} was moved by somebody else meanwhile: look again, then repeat."
        )
    if lock := held_lock(err):
        return locked(lock)
    return Unavailable(f"git could not move a branch in {path.name}: {err[-400:]}")


def prepared(path: Path, moves: list[RefMove]) -> Mover:
    """Lock and compare; raises BranchMoved, BranchInTheWay or Unavailable and then holds nothing."""
    mover = Mover(_Process(path), _Process.end)
    mover.begin(moves)
    mover.prepared()
    return mover


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/")
