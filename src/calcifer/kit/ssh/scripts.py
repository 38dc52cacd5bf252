"""One script on one machine: how the client is called, what the script writes, and what it means where it fails."""

import os
import re
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from calcifer.kit.errors import CalciferError, Conflict, NotFound, Unavailable
from calcifer.kit.ssh.addresses import HERE, Host

OPTIONS = (
    "-T", "-x", "-a",
    "-o", "BatchMode=yes",
    "-o", "ConnectTimeout=15",
    "-o", "ServerAliveInterval=15",
    "-o", "ServerAliveCountMax=4",
    "-o", "ClearAllForwardings=yes",
    "-o", "PermitLocalCommand=no",
    "-o", "RemoteCommand=none",
    "-o", "LogLevel=ERROR",
)  # fmt: skip
SSH_FAILED = 255
TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits(3)."""
KEPT_WORDS = 4000


def set_in_front(script: str, **values: str) -> str:
    """Return `script` with these shell variables set in front of it: the only way in which a value gets into a script."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()) + script


class Refused(Conflict):
    """The host answered, or ssh did for it, and said no; the same again will not work."""


class KeyChanged(Refused):
    """The host shows another key than the one that is known; `shown` is its fingerprint, where ssh says it."""

    def __init__(self, message: str, *, mend: str | None = None, shown: str | None = None) -> None:
        """Keep what ssh said."""
        super().__init__(message, mend=mend)
        self.shown = shown


class Unreached(Unavailable):
    """ssh did not get there, or not to the end."""


class Lost(Unreached):
    """The connection that scripts share has ended in the middle; the next script makes another."""


class TooMuch(Conflict):
    """The other side says more than is read."""


class Reader:
    """What a script writes, read as from a file; raises where it takes too long or is too much."""

    def __init__(self, host: Host, process: subprocess.Popen[bytes], seconds: float, most_bytes: int) -> None:
        """Read from `process`, and keep the last words of its standard error."""
        assert process.stdout
        assert process.stderr
        self._host, self._process = host, process
        self._out, self._err = process.stdout.fileno(), process.stderr.fileno()
        self._deadline, self._seconds, self._left, self._most = (
            time.monotonic() + seconds,
            seconds,
            most_bytes,
            most_bytes,
        )
        self._open = {self._out, self._err}
        self._words = b""

    def read(self, size: int = 65_536) -> bytes:
        """Return up to `size` bytes, none at the end."""
        while self._out in self._open:
            piece = self._next(size)
            if piece:
                self._left -= len(piece)
                if self._left < 0:
                    raise TooMuch(f"{self._host} has more than {self._most // 1_000_000} MB to say; that is not read.")
                return piece
        return b""

    def _next(self, size: int) -> bytes:
        ready, _, _ = select.select(list(self._open), [], [], max(self._deadline - time.monotonic(), 0))
        if not ready:
            raise Unreached(f"{self._host} did not come to an end within {self._seconds:.0f} seconds.")
        found = b""
        for file in ready:
            piece = os.read(file, min(size, 65_536))
            if not piece:
                self._open.discard(file)
            elif file == self._out:
                found = piece
            else:
                self._words = (self._words + piece)[-KEPT_WORDS:]
        return found

    @property
    def is_at_end(self) -> bool:
        """Whether the other side has nothing more to say."""
        return self._out not in self._open

    def finish(self) -> None:
        """Wait for the end; raises what the other side, or ssh, said was wrong."""
        while self._open:
            if self._next(65_536):
                raise TooMuch(f"{self._host} says more than was asked for.")
        try:
            code = self._process.wait(timeout=max(self._deadline - time.monotonic(), 5))
        except subprocess.TimeoutExpired:
            raise Unreached(f"ssh to {self._host} does not end.") from None
        if code:
            raise failure(self._host, code, self._words.decode("utf-8", "replace"))


def answer(
    host: Host,
    script: str,
    *,
    seconds: float,
    most_bytes: int,
    feed: IO[bytes] | None = None,
    heard: Callable[[], None] = lambda: None,
) -> bytes:
    """Run a script as `running` does, and return all that it writes; `heard` is called with each piece that comes in.

    Where a shared connection ends in the middle it is run once more: scripts end in the same state however often they are begun.
    """
    at = feed.tell() if feed is not None else 0
    try:
        return _whole(host, script, seconds, most_bytes, feed, heard)
    except Lost:
        if feed is not None:
            feed.seek(at)
        return _whole(host, script, seconds, most_bytes, feed, heard)


def _whole(
    host: Host, script: str, seconds: float, most_bytes: int, feed: IO[bytes] | None, heard: Callable[[], None]
) -> bytes:
    pieces = []
    with running(host, script, seconds=seconds, most_bytes=most_bytes, feed=feed) as reader:
        while piece := reader.read():
            heard()
            pieces.append(piece)
    return b"".join(pieces)


@contextmanager
def running(
    host: Host, script: str, *, seconds: float, most_bytes: int, feed: IO[bytes] | None = None
) -> Iterator[Reader]:
    """Run a POSIX shell script on `host` and give its output to read; at the end of the block it has ended, well or not at all.

    `feed` is what the script finds on its standard input; without it there is nothing. Raises Refused where a person has to do
    something, NotFound where the script exits with 3, Unavailable where it exits with 75 or the same again may work.
    """
    shared = host.line.options(host) if host.line else []
    with tempfile.TemporaryFile() as said:
        size = said.write(script.encode("utf-8", "surrogateescape"))
        if feed is not None:
            shutil.copyfileobj(feed, said)
        said.seek(0)
        try:
            process = subprocess.Popen(
                command(host, None if feed is None else size, shared),
                stdin=said,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(),
            )
        except OSError as error:
            raise Unavailable(
                f"ssh could not be started: {error.strerror}.", mend="Install the OpenSSH client."
            ) from error
    reader = Reader(host, process, seconds, most_bytes)
    try:
        yield reader
        reader.finish()
    except Conflict:
        if reader.is_at_end:  # why it ended says more than that it ended too early
            reader.finish()
        raise
    except Unreached as error:
        if shared and host.line and host.line.was_lost(host):
            raise Lost(error.message, mend=error.mend) from error
        raise
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


def command(host: Host, size: int | None = None, before: Sequence[str] = (), typed: str = "") -> list[str]:
    """Return the command line; GIT_SSH_COMMAND is the ssh that the person has chosen, as for git.

    With `size` only that many bytes of standard input are the script: a shell that reads it by itself (dash) may read on into
    what follows. `before` are options that count more than all others; `typed` is run there instead of a script.
    """
    shell = f"exec /bin/sh -c 'eval \"$(dd bs=1 count={size} 2>/dev/null)\"'" if size else "exec /bin/sh -s"
    shell = typed or shell
    if host == HERE:
        return ["/bin/sh", "-c", shell]
    port = ["-p", str(host.port)] if host.port else []
    user = ["-l", host.user] if host.user else []
    return [*chosen([*before, *pinned(host)]), *OPTIONS, *port, *user, "--", host.name, shell]


def chosen(options: Sequence[str] = ()) -> list[str]:
    """Return the ssh that the person has chosen, as for git, with options of ours before the person's: of two the first counts."""
    words = shlex.split(os.environ.get("GIT_SSH_COMMAND", "")) or ["ssh"]
    at = next((n for n, word in enumerate(words, 1) if os.path.basename(word) == "ssh"), len(words))  # noqa: PTH119
    return [*words[:at], *options, *words[at:]]


def pinned(host: Host, checking: str = "yes") -> list[str]:
    """Return the options that make ssh know the pinned key and no other; a person's shared connection was checked otherwise."""
    if host.pin is None:
        return []
    file = str(host.pin.file).replace("%", "%%")
    if '"' in file or "${" in file:
        raise Conflict(f"ssh cannot be told of {host.pin.file}: the path has a quote or a '${{' in it.")
    said = {
        "UserKnownHostsFile": f'"{file}"', "GlobalKnownHostsFile": "none", "HostKeyAlias": host.pin.alias,
        "StrictHostKeyChecking": checking, "UpdateHostKeys": "no", "VerifyHostKeyDNS": "no", "CheckHostIP": "no",
        "HashKnownHosts": "no", "ControlMaster": "no", "ControlPath": "none",
    }  # fmt: skip
    return [word for name, value in said.items() for word in ("-o", f"{name}={value}")]


def environment() -> dict[str, str]:
    """Return what ssh finds around it: nothing of git's, no program that asks, and English words."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "LC_", "SSH_ASKPASS"))}
    return kept | {"LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}


_MEANINGS: tuple[tuple[str, str], ...] = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "has another key than the one that ssh knows: find out why before anything else.",
    ),
    ("Host key verification failed|No .* host key is known", "is a host that ssh does not know yet."),
    (
        "Permission denied|Too many authentication failures",
        "does not let this user in: ssh needs a key that works without a question.",
    ),
)


_SHOWN = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def failure(host: Host, code: int, words: str) -> CalciferError:
    """Return what a script's end with `code` and these words means to a person."""
    last = " ".join(
        line.strip()
        for line in re.sub(r"[^\x20-\x7e\n]", "?", words.replace("\r", "")).splitlines()[-3:]
        if line.strip()
    )[:400]
    if code == 3:
        return NotFound(f"{host} {last or 'has no such directory'}.")
    if code == TRY_AGAIN:
        return Unavailable(f"{host} {last or 'could not do it now'}.")
    if code != SSH_FAILED:
        return Conflict(f"{host} could not do it ({code}): {last or 'it gave no reason'}.")
    if host.pin and re.search(f"(Host key for|host key is known for) {re.escape(host.pin.alias)} ", words):
        shown = _SHOWN.search(words)
        return KeyChanged(f"{host} shows another key than the pinned one.", shown=shown[0] if shown else None)
    for pattern, meaning in _MEANINGS:
        if re.search(pattern, words):
            how = f"ssh {'-p ' + str(host.port) + ' ' if host.port else ''}{f'{host.user}@' if host.user else ''}{host.name}"
            is_before = host.pin is not None and not pattern.startswith("Permission")  # its own key was looked at above
            who = f"A host on the way to {host}" if is_before else str(host)
            return Refused(f"{who} {meaning}", mend=f"As the user that Calcifer runs as, connect once by hand: {how}")
    return Unreached(f"{host} cannot be reached by ssh: {last or 'it gave no reason'}.")
