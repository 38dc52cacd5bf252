"""The script on a host that has BusyBox and nothing else (and flock, which BusyBox has on Alpine and not on Debian)."""

import shutil
import subprocess
from pathlib import Path

import pytest

from calcifer.deployments import shipping
from calcifer.kit.ssh import Host, scripts
from tests.conftest import Git
from tests.deployments import test_ship as fast
from tests.lab import machines

pytestmark = pytest.mark.lab


@pytest.fixture
def service(tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> fast.Service:
    """A repository, shipped by a shell that finds BusyBox's programs alone."""
    if lacking := machines.missing():
        pytest.fail(lacking)
    programs, flock = tmp_path / "bin", shutil.which("flock")
    programs.mkdir()
    subprocess.run(["busybox", "--install", "-s", programs], check=True)
    assert flock
    if not (programs / "flock").exists():
        (programs / "flock").symlink_to(flock)
    command, environment = scripts.command, scripts.environment

    def busybox(host: Host, size: int | None = None, *_: object) -> list[str]:
        return ["busybox", "sh", "-c", command(host, size)[-1].replace("/bin/sh", "busybox sh")]

    monkeypatch.setattr(scripts, "command", busybox)
    monkeypatch.setattr(scripts, "environment", lambda: environment() | {"PATH": str(programs)})
    monkeypatch.setattr(shipping, "ROOT", str(tmp_path / "opt"))
    return fast.Service(tmp_path, git)


def test_replaces_removes_and_leaves(service: fast.Service) -> None:
    fast.test_replaces_what_is_tracked_and_leaves_what_is_not(service)


def test_takes_every_name(service: fast.Service) -> None:
    fast.test_takes_every_name_that_a_file_system_has(service)


def test_a_folder_becomes_a_file(service: fast.Service) -> None:
    fast.test_a_folder_becomes_a_file_and_back(service)


def test_nothing_is_written_through_a_link(service: fast.Service, tmp_path: Path) -> None:
    fast.test_nothing_is_written_through_a_link(service, tmp_path)
