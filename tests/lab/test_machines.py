"""The lab itself: what it leaves behind, and what a plug, a cable and a disk do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.lab import machines
from tests.lab.machines import CGROUPS, LABS, NETNS, Lab

pytestmark = pytest.mark.lab


def left_behind(name: str) -> list[Path]:
    """Return what there is of a lab."""
    return [*LABS.glob(name), *NETNS.glob(f"{name}-*"), *CGROUPS.glob(f"*/{name}-*")]


def test_a_killed_lab_leaves_nothing_that_the_next_one_does_not_take_away(lab: Lab) -> None:
    code = (
        "from tests.lab.machines import Lab\nmade = Lab()\nhost = made.host('lemon')\n"
        "print(made.name, host._process.pid, flush=True)\ninput()\n"
    )
    root = Path(machines.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        name, pid = child.stdout.readline().decode().split()
        assert left_behind(name)
        machines.clean_if_dead(LABS / name)
        assert left_behind(name), "a lab that lives is left alone"
        child.send_signal(signal.SIGKILL)
    for _ in range(100):
        if not is_running(int(pid)):
            break
        time.sleep(0.05)
    else:
        pytest.fail("the host outlives its lab")
    machines.clean_if_dead(LABS / name)
    assert not left_behind(name)
    assert name not in Path("/proc/mounts").read_text()


def is_running(pid: int) -> bool:
    """Say whether a process is there that is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_host_keeps_its_disk_through_a_reboot_is_cut_off_and_has_a_disk_that_fills(lab: Lab) -> None:
    host = lab.host("small", opt_megabytes=20)
    host.ssh("echo kept >/opt/file; echo kept >/srv/file; echo gone >/run/file; sync")
    assert not Path("/opt/file").exists()
    assert not Path("/srv/file").exists()
    host.reboot()
    assert host.type("cat /opt/file /srv/file; ls /run/file 2>&1 || true").split()[:2] == ["kept", "kept"]
    assert "No such file" in host.type("ls /run/file 2>&1 || true")
    assert "No space left" in host.type("dd if=/dev/zero of=/opt/big bs=1M count=40 2>&1 || true")
    host.cut()
    assert host.ssh("true", check=False).returncode == 255
    host.mend()
    assert host.type("hostname").strip() == "small"
    assert os.uname().nodename != "small"
    host.kill()
