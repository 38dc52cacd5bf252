"""Who carries a deployment out is killed before something that it asks of the host, or as a phase is noted; then it goes on.

A run takes every tenth such moment; with CALCIFER_TEST_EVERY=1 it takes all.
"""

import os
import random
import signal
import subprocess
import sys

import pytest

from tests.deployments.conftest import Deployed

EVERY = int(os.environ.get("CALCIFER_TEST_EVERY", "10"))
pytestmark = [pytest.mark.slow, pytest.mark.once]

CARRIER = """
import os, signal, sys
from datetime import timedelta
from calcifer import config
from calcifer.deployments import verdict
from calcifer.deployments.service import carrying, lasting
from calcifer.kit.ssh import scripts
from calcifer.kit.uow import Actor
from calcifer.wiring import wire

verdict.STEADY, lasting.LOOK_SECONDS = timedelta(seconds=0.2), 0.05
left, command = int(sys.argv[2]), scripts.command

def deadly():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def watched(*asked):
    deadly()
    return command(*asked)

scripts.command = watched
wired = wire(config.read(dict(os.environ)))
wired.units.on_step = lambda step: deadly() if step == "database committed" else None
note = carrying.Course._note
carrying.Course._note = lambda self, **values: (deadly(), note(self, **values), deadly())
carrying.carry_out(wired.units, Actor("Ada Lovelace", "ada@example.org", "owner", 1), int(sys.argv[1]), wired.settings.var, print)
"""


def carry_out(web: Deployed, number: int, calls: int) -> bool:
    """Carry it out in a process of its own that dies at the n-th call; return whether it came to its end."""
    settings = {
        "CALCIFER_HOME": str(web.wiring.settings.home),
        "CALCIFER_DATABASE_URL": web.wiring.settings.database_url,
    }
    line = [sys.executable, "-c", CARRIER, str(number), str(calls)]
    done = subprocess.run(line, env=os.environ | settings, capture_output=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode == 0


def test_killed_anywhere_it_ends_the_same_and_starts_nothing_twice(web: Deployed) -> None:
    web.deploy()
    for calls in range(random.randint(1, EVERY), 100, EVERY):
        head, ups = web.commit(files={"app.conf": f"{calls}\n"}), web.ups()
        before = web.containers()["web"]
        number = web.ask()
        ended = carry_out(web, number, calls)
        done = web.wait(number)
        assert done.state == "good", (calls, done.error)
        after = web.containers()["web"]
        assert web.ups() == ups + 1, calls
        assert (after["id"], after["started"] > before["started"]) == (before["id"], True), calls
        assert (web.place / "app.conf").read_text() == f"{calls}\n"
        assert [one["outcome"] for one in web.notes(head)] == ["good"], calls
        if ended:
            assert calls > 15
            return
    pytest.fail("it never came to its end")


def test_what_goes_back_is_killed_too(web: Deployed) -> None:
    web.deploy()
    for calls in range(random.randint(1, 2 * EVERY), 150, 3 * EVERY):
        head = web.commit({"web": {"image": f"web:{calls}", "x-exit": 3}})
        number = web.ask()
        ended = carry_out(web, number, calls)
        done = web.wait(number)
        assert done.state == "returned", (calls, done.error)
        assert "exited with 3" in (done.error or "")
        assert web.containers()["web"]["ref"] == "web:1"
        assert [one["outcome"] for one in web.notes(head)] == ["returned"]
        if ended:
            return
    pytest.fail("it never came to its end")
