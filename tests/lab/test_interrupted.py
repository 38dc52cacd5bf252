"""Shipping to a real host while Calcifer is killed, the cable is pulled, the host loses power, or its disk is full."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from calcifer.deployments import shipping
from calcifer.deployments.shipping import Place, settle, ship
from calcifer.kit import ssh
from calcifer.kit.errors import CalciferError
from calcifer.kit.git.repository import Repository
from tests.conftest import Git
from tests.lab.machines import Host, Lab
from tests.lab.test_ship import of_git, unpacked

pytestmark = pytest.mark.lab

SHIP = (
    "import sys\nfrom pathlib import Path\nfrom calcifer.deployments.shipping import Place, ship\nfrom calcifer.kit import ssh\n"
    "from calcifer.kit.git.repository import Repository\nprint('now', flush=True)\n"
    "ship(Place(ssh.Host('plum'), 'app'), Repository(Path(sys.argv[1])), sys.argv[2], by='Ada')\n"
)


@pytest.fixture(scope="module")
def plum(lab: Lab) -> Iterator[Host]:
    """A host whose /opt has 100 MB."""
    host = lab.host("plum", opt_megabytes=100)
    yield host
    host.kill()


class Shipping:
    """A service with two versions of 300 files and a big one, of which the first is deployed."""

    def __init__(self, root: Path, git: Git, host: Host) -> None:
        self.host, self.place, self.repository = host, Place(ssh.Host("plum"), "app"), root / "app"
        git(root, "init", "-q", str(self.repository))
        host.ssh("rm -rf /opt/calcifer")
        self.versions = []
        for version in (1, 2):
            for number in range(300):
                path = self.repository / f"folder {number % 7}" / f"{number}"
                path.parent.mkdir(exist_ok=True)
                path.write_text(f"{version} {number}\n")
            (self.repository / "big").write_bytes(os.urandom(5_000_000))
            (self.repository / f"only {version}").touch()
            (self.repository / "only 1").unlink() if version == 2 else None
            git(self.repository, "add", "-A")
            git(self.repository, "commit", "-qm", "x")
            self.versions.append(git(self.repository, "rev-parse", "HEAD"))
        self.first, self.second = self.versions
        self.ship(self.first)
        settle(self.place, self.first)
        host.ssh("mkdir /opt/calcifer/app/data; echo precious >/opt/calcifer/app/data/db; sync")

    def ship(self, version: str, seconds: float = 60) -> shipping.Shipped:
        return ship(self.place, Repository(self.repository), version, by="Ada", seconds=seconds)

    def is_at(self, version: str) -> bool:
        there = unpacked(self.host.ssh("cd /opt/calcifer/app && tar -cf - .").stdout)
        return there == of_git(self.repository, version) | {"data/db": (0o644, b"precious\n")}


@pytest.fixture
def shipped(tmp_path: Path, git: Git, plum: Host, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Shipping:
    """The first version on the host."""
    monkeypatch.setenv("GIT_SSH_COMMAND", lab.ssh)
    return Shipping(tmp_path, git, plum)


def test_calcifer_is_killed(shipped: Shipping) -> None:
    for delay, version in ((0.2, shipped.second), (0.5, shipped.first), (0.8, shipped.second)):
        command = [sys.executable, "-c", SHIP, str(shipped.repository), version]
        with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as child:
            assert child.stdout
            child.stdout.readline()
            time.sleep(delay)
            os.killpg(child.pid, signal.SIGKILL)
        shipped.ship(version)
        assert shipped.is_at(version)


def test_the_cable_is_pulled(shipped: Shipping) -> None:
    for delay, version in ((0.3, shipped.second), (0.7, shipped.first)):
        cut = threading.Timer(delay, shipped.host.cut)
        cut.start()
        with pytest.raises(CalciferError):
            shipped.ship(version, seconds=2)
        cut.join()
        shipped.host.mend()
        shipped.ship(version)
        assert shipped.is_at(version)


def test_the_host_loses_power(shipped: Shipping) -> None:
    for delay, version in ((0.4, shipped.second), (0.8, shipped.first)):
        plug = threading.Timer(delay, shipped.host.kill)
        plug.start()
        with pytest.raises(CalciferError):
            shipped.ship(version, seconds=3)
            plug.join()  # it was quicker than the plug
            shipped.ship(version, seconds=3)
        plug.join()
        shipped.host.start()
        shipped.ship(version)
        assert shipped.is_at(version)


def test_the_disk_is_full(shipped: Shipping) -> None:
    shipped.host.ssh("dd if=/dev/zero of=/opt/rest bs=1M count=200 2>/dev/null; rm -f /opt/calcifer/nothing; true")
    with pytest.raises(CalciferError, match="room"):
        shipped.ship(shipped.second)
    assert shipped.is_at(shipped.first)
    shipped.host.ssh("rm /opt/rest")
    shipped.ship(shipped.second)
    assert shipped.is_at(shipped.second)
