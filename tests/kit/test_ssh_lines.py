"""Connections that scripts share: made once, never for another key, and no run fails because one has ended."""

import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from calcifer.kit.errors import Unavailable
from calcifer.kit.ssh import Host, KeyChanged, Line, Pin, answer, open_line, over
from calcifer.kit.ssh.scripts import Lost, running
from tests.sshd import Sshd, serving

pytestmark = pytest.mark.once
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMo2VmnCSNvJ7D9q5oEg3v4tgVL0E1l4B3zvN1r3yq9a"
WHOSE = "echo $SSH_CONNECTION"
HOLDS = (
    "import sys\nfrom pathlib import Path\nfrom calcifer.kit.ssh import Host, Pin, answer, open_line, over\n"
    "host = Host('127.0.0.1', None, int(sys.argv[1]), Pin('alpha', Path(sys.argv[2])))\n"
    "with open_line(Path(sys.argv[3])) as line:\n"
    "    answer(over(line, host), 'echo', seconds=20, most_bytes=10)\n    print('now', flush=True)\n    sys.stdin.read()\n"
)


@pytest.fixture
def known(sshd: Sshd, tmp_path: Path) -> Path:
    """The pinned key of the host."""
    file = tmp_path / "known_hosts"
    file.write_text(f"alpha {' '.join(sshd.known_hosts.read_text().split()[1:3])}\n")
    return file


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for sockets; its path is short."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder, "calcifer")


@pytest.fixture
def line(sockets: Path, tmp_path: Path) -> Iterator[Line]:
    """A line with a place for its sockets."""
    with open_line(tmp_path) as made:
        yield made


@pytest.fixture
def host(sshd: Sshd, known: Path, line: Line) -> Host:
    """The host over it."""
    return over(line, Host("127.0.0.1", port=sshd.port, pin=Pin("alpha", known)))


def say(host: Host, script: str = WHOSE) -> bytes:
    """What it says: by default, which connection it came by."""
    return answer(host, script, seconds=20, most_bytes=1000)


def masters() -> list[int]:
    """The children of this process that hold a connection open."""
    found = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    children = [int(pid) for file in found for pid in file.read_text().split()]
    return [pid for pid in children if b"ControlMaster=yes" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def until(holds: Callable[[], object]) -> None:
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it does not come to that")


def test_scripts_share_one_and_nothing_is_left(sshd: Sshd, known: Path, tmp_path: Path) -> None:
    alone = Host("127.0.0.1", port=sshd.port, pin=Pin("alpha", known))
    with open_line(tmp_path) as made:
        host = over(made, alone)
        assert (
            say(host)
            == say(host)
            == answer(host, "cat >/dev/null; " + WHOSE, seconds=20, most_bytes=1000, feed=io.BytesIO())
        )
        assert say(host) != say(alone)
        assert len(masters()) == 1
    assert masters() == []
    assert say(host) != b"", "what is asked after the end has a connection of its own"
    assert masters() == []


def test_its_end_fails_nothing(host: Host) -> None:
    first = say(host)
    (master,) = masters()
    os.kill(master, signal.SIGKILL)
    until(lambda: Path(f"/proc/{master}/stat").read_text().split()[2] == "Z")
    second = say(host)
    assert second not in (b"", first)
    assert say(host) == second

    (master,) = masters()
    with pytest.raises(Lost), running(host, "echo begun; sleep 20", seconds=30, most_bytes=100) as reader:
        assert reader.read() == b"begun\n"
        os.kill(master, signal.SIGKILL)
    third = say(host)
    assert third not in (b"", first, second)

    (master,) = masters()
    fed = io.BytesIO(b"fed")
    script = f"cat; [ $SSH_CONNECTION_ ] || kill -9 {master}; sleep 1"
    assert answer(host, script, seconds=20, most_bytes=100, feed=fed) == b"fed", (
        "begun once more, with all that it was given"
    )


def test_a_socket_that_is_not_answered_is_no_obstacle(host: Host, line: Line, sockets: Path, tmp_path: Path) -> None:
    first = say(host)
    assert sockets.stat().st_mode & 0o777 == 0o700
    (name,) = sockets.iterdir()
    name.unlink()
    assert say(host) not in (b"", first)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(name))
    assert say(host) not in (b"", first)
    line.close()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(name))
    with open_line(tmp_path):
        assert not name.exists(), "swept"


def test_a_key_that_is_pinned_anew_is_asked_for_at_once(sshd: Sshd, host: Host, known: Path) -> None:
    first = say(host)
    right = known.read_text()
    known.write_text(f"alpha {OTHER}\n")
    with pytest.raises(KeyChanged):
        say(host)
    assert masters() == []
    known.write_text("")
    with pytest.raises(KeyChanged):
        say(host)
    known.write_text(right)
    assert say(host) not in (b"", first)
    with pytest.raises(Unavailable, match="cannot be reached"):
        say(replace(host, port=1))
    assert masters() == [], "the address is another one"


def test_a_persons_own_is_not_used(sshd: Sshd, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = tmp_path / "theirs"
    monkeypatch.setenv(
        "GIT_SSH_COMMAND", f"{sshd.ssh} -o ControlMaster=auto -o ControlPath={theirs} -o ControlPersist=9"
    )
    assert say(host) == say(host)
    assert say(replace(host, line=None))
    assert not theirs.exists()


def test_it_ends_with_the_process(sshd: Sshd, known: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDS, str(sshd.port), str(known), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        own = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        child.kill()
    assert own
    until(
        lambda: (
            not any(Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() for pid in own)
        )
    )


@pytest.mark.parametrize("config", ["MaxSessions 1\n", "MaxSessions 0\n"])
def test_a_host_that_does_not_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str) -> None:
    with serving(tmp_path / "one", more=config) as sshd, open_line(tmp_path) as made:
        monkeypatch.setenv("GIT_SSH_COMMAND", sshd.ssh)
        known = tmp_path / "pinned"
        known.write_text(f"alpha {' '.join(sshd.known_hosts.read_text().split()[1:3])}\n")
        host = over(made, Host("127.0.0.1", port=sshd.port, pin=Pin("alpha", known)))
        if config.endswith("1\n"):
            assert say(host) != say(host)
        else:
            with pytest.raises(Unavailable):
                say(host)


def test_no_place_for_a_socket(sshd: Sshd, known: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = tmp_path / ("x" * 100)
    far.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(far))
    monkeypatch.setattr("tempfile.tempdir", str(far))
    with open_line(far) as made:
        host = over(made, Host("127.0.0.1", port=sshd.port, pin=Pin("alpha", known)))
        assert say(host) != say(host)
