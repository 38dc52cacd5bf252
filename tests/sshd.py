"""A real sshd on loopback, with a host key, a user key and a client configuration of its own.

Without the OpenSSH server the tests are skipped, which is a failure in CI.
"""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True)
class Sshd:
    """Where it is, and the ssh command that may go there."""

    port: int
    ssh: str
    known_hosts: Path
    authorized_keys: Path

    def url(self, path: Path) -> str:
        """The address of a directory on it."""
        return f"ssh://127.0.0.1:{self.port}{path}"


@contextmanager
def serving(folder: Path, shell_command: str | None = None, more: str = "") -> Iterator[Sshd]:
    """Start an sshd; `shell_command` runs instead of whatever is asked for: a machine that answers as it likes.

    `more` are lines of its configuration.
    """
    if SSHD is None:
        pytest.skip("there is no sshd: apt-get install openssh-server")
    folder.mkdir()
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(folder / name)]
        subprocess.run(key, check=True)
    forced = f'command="{shell_command}" ' if shell_command else ""
    keys, known = folder / "authorized_keys", folder / "known_hosts"
    keys.write_text(forced + (folder / "user.pub").read_text())
    port = free_port()
    known.write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nAuthorizedKeysFile {keys}\nPidFile none\n"
        f"UsePAM no\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 50\n{more}"
    )
    client = folder / "ssh_config"
    client.write_text(
        f"Host *\n  User {getpass.getuser()}\n  IdentityFile {folder / 'user'}\n  IdentitiesOnly yes\n  IdentityAgent none\n"
        f"  UserKnownHostsFile {known}\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(parents=True, exist_ok=True)
    log = (folder / "log").open("wb")
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stderr=log)
    try:
        await_port(port, server)
        yield Sshd(port, f"ssh -F {client}", known, keys)
    finally:
        server.terminate()
        server.wait()
        log.close()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, server: "subprocess.Popen[bytes]") -> None:
    """Wait until the server listens."""
    for _ in range(200):
        assert server.poll() is None, "sshd did not start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("sshd does not listen")
