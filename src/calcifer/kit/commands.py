"""The only place that runs a command of a person: alone, without our secrets, with an end, and with nothing left of it after.

Nobody can answer it (no terminal, nothing on standard input). It has a home of its own and the variables of `ALLOWED`. It
ends at its time limit, and with it every process that it began: those of its process group, and those that left that, which
are known by a variable that they inherit. (One that leaves the group and drops the variable gets away.)
"""

import os
import re
import select
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from calcifer.kit.legible import unescaped

ALLOWED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
MARK = "COMMAND_RUN"
"""The variable whose value names a run; a process that has it belongs to that run."""
OUTPUT_CHARACTERS = 20_000
GRACE_SECONDS = 3.0
_KEPT_BYTES = 4 * OUTPUT_CHARACTERS  # as many as that many characters can have
_POLL_SECONDS = 0.05
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (128 + number where a signal ended it), None where the time limit did."""

    exit_code: int | None
    output: str
    """The end of what it wrote, both streams, as plain text of at most 20,000 characters."""
    seconds: float


def run(command: str, *, cwd: Path, home: Path, mark: str, limit_seconds: float) -> Ended:
    """Run `command` by `sh -c` in `cwd` with `home` as its home, and wait for it; `mark` names this run and no other.

    Raises OSError where no process can be started.
    """
    begin = time.monotonic()
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        cwd=cwd,
        env=environment(home, mark),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout
    out, tail = process.stdout.fileno(), _Tail()
    os.set_blocking(out, False)
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PGRP, process.pid, 10)  # pages come first
    try:
        is_late = not _follow(process, out, tail, begin + limit_seconds)
        if is_late:
            _signal(process.pid, mark, signal.SIGTERM)
            _follow(process, out, tail, time.monotonic() + GRACE_SECONDS)
    finally:
        kill(mark, process.pid)
        code = process.wait()
        for _ in range(100):  # who got away may write for ever
            if not tail.take(out):
                break
        process.stdout.close()
    return Ended(None if is_late else code if code >= 0 else 128 - code, tail.text(), time.monotonic() - begin)


def environment(home: Path, mark: str) -> dict[str, str]:
    """Return what a command sees: a home of its own and what is harmless of ours; CI, so that programs ask nothing."""
    own = {name: os.environ[name] for name in ALLOWED if name in os.environ}
    own.setdefault("PATH", os.defpath)
    return own | {"HOME": str(home), "TMPDIR": str(home), "CI": "true", "TERM": "dumb", MARK: mark}


def kill(mark: str, group: int | None = None) -> None:
    """Kill every process of a run: its group, and whoever left that (where the system shows environments: Linux).

    `group` must not have been waited for yet: a number that is free may be given to somebody else.
    """
    for _ in range(100):  # one that forks as fast as we kill is beaten in the end
        if not _signal(group, mark, signal.SIGKILL):
            return
        time.sleep(0.01)


def _signal(group: int | None, mark: str, number: int) -> bool:
    """Send a signal to all of a run; False where nobody was left of it."""
    if group is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
    found = _marked(mark)
    for pid in found:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
    return bool(found)


def _marked(mark: str) -> set[int]:
    wanted = f"\0{MARK}={mark}\0".encode()
    found = set()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # gone, or somebody else's
            if wanted in b"\0" + entry.read_bytes():  # empty for the dead
                found.add(int(entry.parent.name))
    return found


def _follow(process: subprocess.Popen[bytes], out: int, tail: "_Tail", deadline: float) -> bool:
    """Read what it writes until it ends; False where that was not before the deadline.

    It is not waited for yet: as long as it is there, its number and that of its group are nobody else's.
    """
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        # The pipe may outlive the process, or end before it: neither is waited for alone.
        if tail.is_open:
            select.select([out], [], [], min(_POLL_SECONDS, left))
            tail.take(out)
        else:
            time.sleep(min(_POLL_SECONDS, left))
    return True


class _Tail:
    """The last bytes of what a command wrote."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kept = bytearray()
        self._is_cut = False
        self.is_open = True

    def take(self, out: int) -> bool:
        """Read what is there; False where nothing is."""
        try:
            read = os.read(out, 65_536)
        except BlockingIOError:
            return False
        self.is_open = bool(read)
        self._kept += read
        if len(self._kept) > 2 * _KEPT_BYTES:
            del self._kept[:-_KEPT_BYTES]
            self._is_cut = True
        return self.is_open

    def text(self) -> str:
        """Return it as text."""
        return plain(self._kept.decode("utf-8", "replace"), is_cut=self._is_cut)


def plain(output: str, *, is_cut: bool = False) -> str:
    """Return what a terminal would show in the end: no colours, no overwritten lines, no control characters."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in unescaped(output).split("\n"))
    shown = _CONTROL.sub("", "\n".join(lines)).rstrip()
    if not is_cut and len(shown) <= OUTPUT_CHARACTERS:
        return shown
    note = "… (the beginning is left out)\n"
    return note + shown[-(OUTPUT_CHARACTERS - len(note)) :]
