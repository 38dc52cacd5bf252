"""The connection that a deployment's scripts share ends in its middle, or the host does: the run is found again."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.test_deploy import COMPOSE, Service, fig, web

__all__ = ["fig", "web"]
pytestmark = pytest.mark.lab
BUILT = COMPOSE.replace("image: lab:1", "image: web:new\n    build: .")
RUNS = "/opt/calcifer/.versions/web/runs"


def masters() -> list[int]:
    """The connections of Calcifer that are open: children of this process."""
    files = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    children = [int(pid) for file in files for pid in file.read_text().split()]
    return [pid for pid in children if b"ControlMaster=yes" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def during(web: Service, version: int, act: Callable[[], None]) -> list[str]:
    """Deploy what takes some seconds to build, and `act` in the middle of that; return what was begun on the host, and its end."""
    web.write(
        {"docker-compose.yml": BUILT, "Dockerfile": f"FROM lab:{version}\nRUN sleep 6 && echo {time.time()} >/built\n"}
    )
    web.git(web.path, "add", "-A")
    web.git(web.path, "commit", "-qm", f"Build {version}")
    number = web.latest().id + 1

    ended = []
    deploying = threading.Thread(target=lambda: ended.append(web.deploy()))
    deploying.start()  # not the other way round: a host of the lab ends with the thread that has started it
    until = time.monotonic() + 60
    while web.host.ssh(f"test -e {RUNS}/{number}-forth-up-0/begun", check=False).returncode:
        assert time.monotonic() < until, "it does not begin"
        time.sleep(0.1)
    time.sleep(1)
    act()
    deploying.join()
    (done,) = ended
    assert done.state == "good", done.error
    assert web.host.type("docker exec web-web-1 cat /www/index.html") == f"version {version}\n"
    assert len(web.containers()) == 1
    web.is_as_in_git(done.commit)
    assert masters() == []
    return web.host.type(f"cd {RUNS} && for run in {number}-*; do echo $run $(cat $run/rc); done").splitlines()


def test_the_connection_ends_or_the_host_does(web: Service) -> None:
    assert web.deploy().state == "good"

    def kill() -> None:
        (master,) = masters()
        os.kill(master, signal.SIGKILL)

    number = web.latest().id + 1
    assert during(web, 2, kill) == [f"{number}-forth-up-0 0"], "found again, and not begun twice"
    found = during(web, 3, web.host.reboot)
    assert found == [f"{number + 1}-forth-up-0", f"{number + 1}-forth-up-1 0"], "cut off with the host, and begun anew"
