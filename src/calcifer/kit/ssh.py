"""The only place that runs something on another machine over ssh: one script, one connection, bounded in time and in bytes.

It is the OpenSSH client, with the person's own configuration, keys, jump hosts and known hosts. Nobody can answer it, nothing is
forwarded, and a host whose key is not known is not talked to. A host with a pinned key has to show that one, whatever else the
person's ssh knows. What the script is goes over standard input: no shell of the other side reads our arguments.
"""

import base64
import binascii
import hashlib
import os
import re
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
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
    "-o", "LogLevel=ERROR",
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


class KeyChanged(Refused):
    """The host shows another key than the one that is known; `shown` is its fingerprint, where ssh says it."""

    def __init__(self, message: str, *, mend: str | None = None, shown: str | None = None) -> None:
        """Keep what ssh said."""
        super().__init__(message, mend=mend)
        self.shown = shown


class TooMuch(Conflict):
    """The other side says more than is read."""


@dataclass(frozen=True)
class Pin:
    """Which key a host has to show: the one that stands beside `alias` in `file`, a known_hosts file."""

    alias: str
    file: Path


@dataclass(frozen=True)
class Host:
    """A machine as ssh knows it: a name of its configuration or of the network."""

    name: str
    user: str | None = None
    port: int | None = None
    pin: Pin | None = None

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


def read_target(target: str) -> Host:
    """Read `[user@]host` or `ssh://[user@]host[:port]`, as for ssh(1); Invalid where it is neither, or looks like an option."""
    wrong = "Give it as for ssh: host, user@host, or ssh://user@host:port. A name of your ssh configuration will do."
    text = target.strip()
    if text.startswith("ssh://"):
        if text.removeprefix("ssh://").partition("/")[2]:
            raise Invalid.field("target", wrong)
        try:
            return read_host_address(text.rstrip("/") + "/.")[0]
        except Invalid:
            raise Invalid.field("target", wrong) from None
    user, _, name = text.rpartition("@")
    if not _HOST.match(name) or ("@" in text and not _USER.match(user)):
        raise Invalid.field("target", wrong)
    return Host(name, user or None)


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


def answer(
    host: Host,
    script: str,
    *,
    seconds: float,
    most_bytes: int,
    feed: IO[bytes] | None = None,
    heard: Callable[[], None] = lambda: None,
) -> bytes:
    """Run a script as `running` does, and return all that it writes; `heard` is called with each piece that comes in."""
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
    port = ["-p", str(host.port)] if host.port else []
    user = ["-l", host.user] if host.user else []
    return [*_chosen(), *OPTIONS, *_pinned(host), *port, *user, "--", host.name, shell]


def _chosen() -> list[str]:
    return shlex.split(os.environ.get("GIT_SSH_COMMAND", "")) or ["ssh"]


def _pinned(host: Host, checking: str = "yes") -> list[str]:
    """Return the options that make ssh know the pinned key and no other; a connection that is shared has been checked otherwise."""
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


_SHOWN = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def _failure(host: Host, code: int, words: str) -> CalciferError:
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
    return Unavailable(f"{host} cannot be reached by ssh: {last or 'it gave no reason'}.")


# -- keys -----------------------------------------------------------------------------------------------------------------

KEY = re.compile(r"((?:sk-)?(?:ssh|ecdsa)-[A-Za-z0-9@.-]{1,60}) ([A-Za-z0-9+/]{20,3000}={0,2})\Z")
KEY_SECONDS = 30.0


def fingerprint(key: str) -> str:
    """Return the fingerprint of a public key (`type base64`) as ssh shows it: SHA256 over the blob, base64 without padding."""
    found = KEY.match(key)
    try:
        blob = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error:
        blob = b""
    if not blob:
        raise Invalid.field("key", "This is no public key of a host.")
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def kind_of(key: str) -> str:
    """Return the type of a public key in a word, as the names of key files have it: ed25519, rsa, ecdsa."""
    return key.partition(" ")[0].removeprefix("ssh-").partition("-")[0]


def offered_key(host: Host) -> str:
    """Ask `host` for its key, without signing in; return it as `type base64`. Raises Unavailable where it does not answer."""
    with tempfile.TemporaryDirectory(prefix="calcifer-key-") as folder:
        asked = replace(host, pin=Pin("asked", Path(folder) / "known_hosts"))
        assert asked.pin
        line = [*_chosen(), *OPTIONS, *_pinned(asked, "accept-new"), "-o", "PreferredAuthentications=none"]
        line += [*(["-p", str(host.port)] if host.port else []), *(["-l", host.user] if host.user else [])]
        code, _, words = _said([*line, "--", host.name, "true"], host)
        try:
            said = asked.pin.file.read_text("ascii").removeprefix("asked ").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            said = ""
    if not KEY.match(said):
        raise _failure(host, code or SSH_FAILED, words)
    return said


def known_keys(host: Host) -> set[str]:
    """Return the keys that the person's own ssh knows `host` by; nothing is asked of the network."""
    port = ["-p", str(host.port)] if host.port else []
    _, out, _ = _said([*_chosen(), *port, "-G", "--", host.name], host)
    pairs = [line.partition(" ") for line in out.splitlines()]
    said = {name: value for name, _, value in pairs}
    alone = said.get("hostkeyalias") or said.get("hostname", host.name)
    name = alone if "hostkeyalias" in said or said.get("port", "22") == "22" else f"[{alone}]:{said['port']}"
    files = shlex.split(f"{said.get('userknownhostsfile', '')} {said.get('globalknownhostsfile', '')}")
    found = set()
    for file in files:
        path = Path(file).expanduser()
        if path.is_file():
            _, out, _ = _said(["ssh-keygen", "-F", name, "-f", str(path)], host)
            lines = [line.split() for line in out.splitlines() if not line.startswith(("#", "@"))]
            found |= {f"{words[1]} {words[2]}" for words in lines if len(words) > 2}
    return found


def _said(line: list[str], host: Host) -> tuple[int, str, str]:
    try:
        done = subprocess.run(
            line, stdin=subprocess.DEVNULL, capture_output=True, timeout=KEY_SECONDS, check=False, env=_environment()
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{host} did not answer within {KEY_SECONDS:.0f} seconds.") from None
    except OSError as error:
        raise Unavailable(f"ssh could not be started: {error.strerror}.", mend="Install the OpenSSH client.") from error
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr[-KEPT_WORDS:].decode("utf-8", "replace")
