"""The only place that keeps a connection open between scripts: what would cost a sign-in each goes over one.

It is a master of OpenSSH's (ssh_config(5), ControlMaster) and a child of this process: it ends when we say so, when its standard
input ends because we have died, and when the network does. It is made with the options of any connection, the pinned key among
them, and is used for the very key and address that it was made for. Where it cannot be had, scripts have connections of their own.
"""

import contextlib
import hashlib
import os
import re
import select
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

from calcifer.kit.ssh import scripts
from calcifer.kit.ssh.addresses import HERE, Host

OPEN_SECONDS = 45.0
"""How long a sign-in may take."""
LONGEST = 72
"""Bytes of the folder's path: a socket's has up to 107 (unix(7)), and OpenSSH adds 17 to the name while it makes one."""
_PLAIN = re.compile(r"/[A-Za-z0-9/._-]+\Z")
_OWN = re.compile(r"unix_listener|[Cc]ontrol ?(?:[Pp]ath|[Ss]ocket)|multiplexing")
_numbers = count(1)


class Line:
    """The connections that are open for one purpose: one for each host that is talked to, made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        """Keep sockets in `folder`, which nobody else may enter."""
        self._folder = folder
        self._lock = threading.Lock()
        self._masters: dict[str, _Master] = {}
        self._is_closed = False

    def options(self, host: Host) -> list[str]:
        """Return the options that let a script go over the connection, opened where it is not; none where it cannot be had.

        Raises what ssh says where the host is not reached, or shows another key.
        """
        with self._lock:
            wanted = _identity(host)
            for other in [name for name, one in self._masters.items() if name != wanted and one.name == host.name]:
                self._masters.pop(other).end()  # another address or another key since
            found = self._masters.get(wanted)
            if found is None or found.has_ended:
                if found is not None:
                    found.end()
                found = self._masters[wanted] = _Master(host, self._folder)
                if self._is_closed:
                    found.is_usable = False
                else:
                    found.open(host)
            return ["-o", f"ControlPath={found.socket}"] if found.is_usable else []

    def was_lost(self, host: Host) -> bool:
        """Whether the connection to `host` has ended by itself; it is forgotten, and the next script makes another."""
        with self._lock:
            found = self._masters.get(_identity(host))
            if found is None or not found.is_usable:
                return False
            has_ended = found.ends_within(0.5)
            self._masters.pop(_identity(host)).end()
            return has_ended

    def close(self) -> None:
        """End all connections."""
        with self._lock:
            self._is_closed = True
            while self._masters:
                self._masters.popitem()[1].end()


class _Master:
    """One process of OpenSSH that signs in, and lets others use its connection."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.name, self.is_usable = host.name, False
        self.socket = folder / f"{os.getpid():x}-{next(_numbers):x}"
        self._process: subprocess.Popen[bytes] | None = None

    def open(self, host: Host) -> None:
        """Sign in. What it runs there says that it is up, and reads until we are gone."""
        with tempfile.TemporaryFile() as words:
            try:
                self._process = subprocess.Popen(
                    scripts.command(host, None, _options(self.socket), "echo up; exec cat >/dev/null"),
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, env=scripts.environment(),
                )  # fmt: skip
            except OSError:
                return
            is_up = self._said() == b"up\n"
            self.is_usable = is_up and self.socket.is_socket()
            if self.is_usable:
                return
            self.end()
            words.seek(0)
            said = words.read(scripts.KEPT_WORDS).decode("utf-8", "replace")
        if not is_up and self._process.returncode == scripts.SSH_FAILED and not _OWN.search(said):
            raise scripts.failure(host, scripts.SSH_FAILED, said)

    def _said(self) -> bytes:
        assert self._process
        assert self._process.stdout
        out, said, until = self._process.stdout.fileno(), b"", time.monotonic() + OPEN_SECONDS
        while len(said) < 3 and select.select([out], [], [], max(until - time.monotonic(), 0))[0]:
            piece = os.read(out, 3 - len(said))
            if not piece:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(5)
                break
            said += piece
        return said

    @property
    def has_ended(self) -> bool:
        """Whether it was there, and is no more."""
        return self.is_usable and self._process is not None and self._process.poll() is not None

    def ends_within(self, seconds: float) -> bool:
        """Wait a moment for its end; whether it has come."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process is None or self._process.wait(seconds) is not None
        return False

    def end(self) -> None:
        """End it, and take its socket away."""
        if self._process is not None:
            self._process.terminate()
            if not self.ends_within(1):
                self._process.kill()
                self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    with contextlib.suppress(OSError):
                        pipe.close()
        self.socket.unlink(missing_ok=True)


@contextmanager
def open_line(var: Path) -> Iterator[Line]:
    """Give a line that ends with the block; its sockets lie in a private directory, in `var` where that is short enough."""
    with tempfile.TemporaryDirectory(prefix="calcifer-") as spare:
        folder = _private([*_runtime(), var / "ssh"]) or Path(spare)
        _sweep(folder)
        line = Line(folder)
        try:
            yield line
        finally:
            line.close()


def over(line: Line, host: Host) -> Host:
    """Return `host` as it is reached over `line`; this machine, and one whose key is not pinned, are left as they are."""
    return host if host == HERE or host.pin is None else replace(host, line=line)


def _options(path: Path) -> list[str]:
    return ["-o", "ControlMaster=yes", "-o", f"ControlPath={path}", "-o", "ControlPersist=no"]


def _identity(host: Host) -> str:
    """Return what a connection is made for: the address, the ssh that is used, and the key that is pinned at this moment."""
    assert host.pin
    try:
        pinned = [
            line for line in host.pin.file.read_text("utf-8").splitlines() if line.startswith(f"{host.pin.alias} ")
        ]
    except OSError:
        pinned = []
    said = [host.name, host.user, host.port, host.pin.alias, str(host.pin.file), pinned, scripts.chosen()]
    return hashlib.sha256(repr(said).encode("utf-8", "surrogateescape")).hexdigest()


def _runtime() -> list[Path]:
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    return [Path(given, "calcifer")] if given and Path(given).is_dir() else []


def _private(candidates: Iterable[Path]) -> Path | None:
    """Return the first that a socket can lie in, made where it is not there: ours alone, its path short and plain."""
    for path in candidates:
        if not _PLAIN.match(str(path)) or len(os.fsencode(path)) > LONGEST:
            continue
        try:
            path.mkdir(mode=0o700, exist_ok=True)
            found = path.lstat()
            if path.is_dir() and not path.is_symlink() and found.st_uid == os.geteuid():
                path.chmod(0o700)
                return path
        except OSError:
            continue
    return None


def _sweep(folder: Path) -> None:
    """Take away sockets that nobody listens at: of those that were killed."""
    for path in folder.iterdir():
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(0)
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
