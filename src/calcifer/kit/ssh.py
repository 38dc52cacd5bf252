"""The only place that runs something on another machine over ssh: one script, one connection, bounded in time and in bytes.

It is the OpenSSH client, with the person's own configuration, keys and known hosts. Nobody can answer it, nothing is forwarded, and
a host whose key is not known is not talked to. What the script is goes over standard input: no shell of the other side reads
our arguments.
"""

import os
import re
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from urllib.parse import unquote, urlsplit

from calcifer.kit.errors import CalciferError, Conflict, Invalid, NotFound, Unavailable

OPTIONS = (
    "-T", "-x", "-a",
    "-o", "BatchMode=yes",
    "-o", "ConnectTimeout=15",
    "-o", "ServerAliveInterval=15",
    "-o", "ServerAliveCountMax=4",
    "-o", "ClearAllForwardings=yes",
    "-o", "PermitLocalCommand=no",
    "-o", "RemoteCommand=none",
)  # fmt: skip
SSH_FAILED = 255
TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits(3)."""
KEPT_WORDS = 4000
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})\Z|[0-9A-Fa-f:]{2,45}\Z")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Refused(Conflict):
    """The host answered, or ssh did for it, and said no; the same again will not work."""


class TooMuch(Conflict):
    """The other side says more than is read."""


@dataclass(frozen=True)
class Host:
    """A machine as ssh knows it: a name of its configuration or of the network."""

    name: str
    user: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        """As in an address."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{self.user}@" * bool(self.user) + name + (f":{self.port}" if self.port else "")


HERE = Host("this machine")
"""Where no ssh is needed; no host of ssh has a name with a space."""


def is_host_address(url: str) -> bool:
    """Say whether `url` is one of a directory on another machine."""
    return url.strip().startswith("ssh:")


def read_host_address(url: str) -> tuple[Host, str]:
    """Read `ssh://[user@]host[:port]/directory`; Invalid where it is no such address. The host never looks like an option."""
    wrong = "Give a directory on another machine as in ssh://host/opt/stacks; no password belongs into it."
    try:
        parts = urlsplit(url.strip())
        host, port, user = parts.hostname or "", parts.port, parts.username
    except ValueError:
        raise Invalid.field("url", wrong) from None
    path = unquote(parts.path)
    if parts.scheme != "ssh" or parts.query or parts.fragment or parts.password is not None:
        raise Invalid.field("url", wrong)
    if not _HOST.match(host) or (user is not None and not _USER.match(user)) or port == 0:
        raise Invalid.field("url", wrong)
    kept = path.rstrip("/")
    if not kept.startswith("/") or _CONTROL.search(path) or ".." in kept.split("/") or len(path.encode()) > 2000:
        raise Invalid.field("url", "The directory is named from the top, without '..', as in ssh://host/opt/stacks.")
    authority = parts.netloc.rpartition("@")[
        2
    ]  # `urlsplit` makes host names small; in ssh's configuration they are not
    name = authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]
    return Host(name, user, port), re.sub(r"/{2,}", "/", kept)


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
            raise Unavailable(f"{self._host} did not come to an end within {self._seconds:.0f} seconds.")
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
            raise Unavailable(f"ssh to {self._host} does not end.") from None
        if code:
            raise _failure(self._host, code, self._words.decode("utf-8", "replace"))


@contextmanager
def running(
    host: Host, script: str, *, seconds: float, most_bytes: int, feed: IO[bytes] | None = None
) -> Iterator[Reader]:
    """Run a POSIX shell script on `host` and give its output to read; at the end of the block it has ended, well or not at all.

    `feed` is what the script finds on its standard input; without it there is nothing. Raises Refused where a person has to do
    something, NotFound where the script exits with 3, Unavailable where it exits with 75 or the same again may work.
    """
    with tempfile.TemporaryFile() as said:
        size = said.write(script.encode("utf-8", "surrogateescape"))
        if feed is not None:
            shutil.copyfileobj(feed, said)
        said.seek(0)
        try:
            process = subprocess.Popen(
                command(host, None if feed is None else size),
                stdin=said,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
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
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


def command(host: Host, size: int | None = None) -> list[str]:
    """Return the command line; GIT_SSH_COMMAND is the ssh that the person has chosen, as for git.

    With `size` only that many bytes of standard input are the script: a shell that reads it by itself (dash) may read on into
    what follows.
    """
    shell = f"exec /bin/sh -c 'eval \"$(dd bs=1 count={size} 2>/dev/null)\"'" if size else "exec /bin/sh -s"
    if host == HERE:
        return ["/bin/sh", "-c", shell]
    chosen = shlex.split(os.environ.get("GIT_SSH_COMMAND", "")) or ["ssh"]
    port = ["-p", str(host.port)] if host.port else []
    user = ["-l", host.user] if host.user else []
    return [*chosen, *OPTIONS, *port, *user, "--", host.name, shell]


def _environment() -> dict[str, str]:
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


def _failure(host: Host, code: int, words: str) -> CalciferError:
    last = " ".join(line.strip() for line in re.sub(r"[^\x20-\x7e\n]", "?", words).splitlines()[-3:] if line.strip())[
        :400
    ]
    if code == 3:
        return NotFound(f"{host} {last or 'has no such directory'}.")
    if code == TRY_AGAIN:
        return Unavailable(f"{host} {last or 'could not do it now'}.")
    if code != SSH_FAILED:
        return Conflict(f"{host} could not do it ({code}): {last or 'it gave no reason'}.")
    for pattern, meaning in _MEANINGS:
        if re.search(pattern, words):
            how = f"ssh {'-p ' + str(host.port) + ' ' if host.port else ''}{f'{host.user}@' if host.user else ''}{host.name}"
            return Refused(f"{host} {meaning}", mend=f"As the user that Calcifer runs as, connect once by hand: {how}")
    return Unavailable(f"{host} cannot be reached by ssh: {last or 'it gave no reason'}.")
