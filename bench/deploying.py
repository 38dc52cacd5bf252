"""Deployments to a real engine over real ssh, and fifty hosts at once, beside the same typed by hand; on hosts of the lab.

They are namespaces of this machine, so that it does both sides' work: sshd, engine, and what they start. That needs root, and uses
all cores, as the other parts do not.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from tests.lab import images, machines
from tests.lab.machines import Host, Lab

from bench.data import NOBODY, OWNER, PASSWORD, git
from bench.timing import SECONDS, Line, Samples
from calcifer import config
from calcifer.accounts import service as accounts
from calcifer.deployments import verdict
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.schemas import NewDeployment
from calcifer.deployments.service import runs
from calcifer.hosts import queries as host_queries
from calcifer.hosts import service as hosts
from calcifer.hosts.reaching import AT_ONCE, Aim, Checked, write_known_hosts
from calcifer.hosts.schemas import NewHost
from calcifer.services import service as catalog
from calcifer.wiring import Wiring, wire

OWN_SECONDS = 1.5
IDEA_SECONDS = 60.0
HOSTS_SECONDS = 10.0
HOSTS = 50
MACHINES = 5
"""Each is reached by ten names: fifty engines would need more memory than they would tell."""
TIMES = 7
COMPOSE = (
    "services:\n  web:\n    image: lab:1\n    restart: always\n    stop_signal: SIGKILL\n"
    "    volumes: ['./data:/data', './app.conf:/etc/app.conf:ro']\n"
)
DESCRIPTOR = "title: Web\ntargets:\n- {host: fig, on_complete: deploy}\n"
HAND = "/opt/hand"


def missing() -> str:
    """Say in one sentence what this machine lacks for it; empty where nothing is."""
    return machines.missing()


@dataclass
class Bench:
    """A workspace with a service `web`, and the host that it goes to."""

    wiring: Wiring
    lab: Lab
    host: Host
    path: Path

    def write(self, version: int) -> None:
        """Change the line of the image."""
        (self.path / "docker-compose.yml").write_text(COMPOSE.replace("lab:1", f"lab:{version}"))


def measure(folder: Path) -> list[Line]:
    """Return the lines of deployments and of hosts."""
    with _all_cores(), _workspace(folder) as made:
        return [*_deployments(made), _fifty(made)]


@contextmanager
def _all_cores() -> Iterator[None]:
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)


@contextmanager
def _workspace(folder: Path) -> Iterator[Bench]:
    home = folder / "deploy"
    home.mkdir()
    wiring = wire(config.read({"CALCIFER_HOME": str(home)}))
    with wiring.units.write(NOBODY) as uow:
        accounts.setup(uow, OWNER.name, OWNER.mail, PASSWORD, code="", expected_code=None)
    lab = Lab()
    os.environ["GIT_SSH_COMMAND"] = lab.ssh
    try:
        host = lab.host("fig")
        images.load(host)
        made = Bench(wiring, lab, host, home / "web")
        _adopt(made)
        yield made
    finally:
        lab.close()
        del os.environ["GIT_SSH_COMMAND"]
        wiring.close()


def _adopt(made: Bench) -> None:
    made.path.mkdir()
    git(made.path, "init", "-q", "-b", "main")
    (made.path / ".calcifer").mkdir()
    (made.path / ".calcifer/service.yaml").write_text(DESCRIPTOR)
    (made.path / "app.conf").write_text("one\n")
    made.write(1)
    git(made.path, "add", "-A")
    git(made.path, "-c", f"user.name={OWNER.name}", "-c", f"user.email={OWNER.mail}", "commit", "-qm", "Begin")
    with made.wiring.units.write(OWNER) as uow:
        catalog.register(uow, made.path)
    with made.wiring.units.write(OWNER) as uow:
        adding = hosts.add(uow, NewHost(name="fig", target="fig"))
    _wait(made.wiring, adding.id)


def _wait(wiring: Wiring, job: int) -> None:
    ended = wiring.jobs.wait(job)
    assert ended.state == "done", ended.error


# -- a changed line -----------------------------------------------------------------------------------------------------


def _deployments(made: Bench) -> list[Line]:
    steady, verdict.STEADY = verdict.STEADY, timedelta(0)
    made.host.ssh(f"mkdir -p {HAND}")
    own, hand, whole = Samples(), Samples(), Samples()
    try:
        for turn in range(TIMES + 1):
            made.write(turn % 2 + 1)
            git(made.path, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qam", "Change", "--allow-empty")
            by_hand, by_us = _seconds(lambda: _by_hand(made)), _seconds(lambda: _deploy(made))
            if turn:  # the first makes everything
                hand.seconds.append(by_hand)
                whole.seconds.append(by_us)
                own.seconds.append(by_us - by_hand)
    finally:
        verdict.STEADY = steady
    made.write(3)
    idea = Samples([_seconds(lambda: _idea(made))])
    by = "git archive | ssh tar, ssh docker compose up"
    left_out = f"{steady.total_seconds():g} s of settling left out"
    return [
        Line(f"deploy a changed line, {left_out}", whole.median, whole.noise, OWN_SECONDS + hand.median, SECONDS, hand.median, by),
        Line("of that Calcifer's own cost", own.median, own.noise, OWN_SECONDS, SECONDS, hand.median, by),
        Line("one line, from idea to deployed, settled", idea.median, 0, IDEA_SECONDS, SECONDS, hand.median, by),
    ]  # fmt: skip


def _seconds(act: Callable[[], None]) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began


def _deploy(made: Bench) -> None:
    with made.wiring.units.write(OWNER) as uow:
        number = runs.deploy(uow, NewDeployment(service="web")).id
    with made.wiring.units.read(OWNER) as uow:
        job = runs.job_of(uow, number)
    _wait(made.wiring, job)
    _is_good(made)


def _is_good(made: Bench) -> None:
    with made.wiring.units.read(OWNER) as uow:
        run = queries.list_deployments(uow.db, limit=1)[0].run
        assert run.state == "good", run.error


def _by_hand(made: Bench) -> None:
    """Type it: each ssh is a connection of its own."""
    line = f"git archive main | {made.lab.ssh} fig tar -xf - -C {HAND}"
    subprocess.run(line, shell=True, cwd=made.path, check=True)  # noqa: S602
    up = [*made.lab.ssh.split(), "fig", f"cd {HAND} && docker compose up -d --quiet-pull"]
    subprocess.run(up, capture_output=True, check=True)


def _idea(made: Bench) -> None:
    """The express lane as it is typed, in a process of its own, with all that it waits for."""
    command = [
        sys.executable,
        "-m",
        "calcifer",
        "change",
        "web",
        "-m",
        "The third image is quicker",
        "docker-compose.yml",
    ]
    own = {"CALCIFER_HOME": str(made.wiring.settings.home)}
    done = subprocess.run(command, env=os.environ | own, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    _is_good(made)


# -- fifty hosts --------------------------------------------------------------------------------------------------------


def _fifty(made: Bench) -> Line:
    names = _enrolled(made)
    checking, peer = Samples(), Samples()
    for _ in range(3):
        checking.seconds.append(_seconds(lambda: _check(made)))
        peer.seconds.append(_seconds(lambda: _all_true(made, names)))
    with made.wiring.units.read(OWNER) as uow:
        reached = [host for host in host_queries.list_present(uow.db) if host.error is None]
        assert len(reached) == HOSTS + 1, [host.error for host in host_queries.list_present(uow.db)]
    what = f"check {HOSTS} hosts by ssh, {AT_ONCE} at once"
    return Line(
        what, checking.median, checking.noise, HOSTS_SECONDS, SECONDS, peer.median, f"xargs -P {AT_ONCE} ssh true"
    )


def _check(made: Bench) -> None:
    with made.wiring.units.write(OWNER) as uow:
        job = hosts.check(uow).id
    _wait(made.wiring, job)


def _all_true(made: Bench, names: list[str]) -> None:
    line = ["xargs", "-P", str(AT_ONCE), "-I", "NAME", *made.lab.ssh.split(), "NAME", "true"]
    subprocess.run(line, input="\n".join(names).encode(), check=True)


def _enrolled(made: Bench) -> list[str]:
    """Start machines and give them fifty names; the first host's key, which all have, is pinned for each."""
    names = [f"host{number}" for number in range(HOSTS)]
    for at in range(MACHINES):
        made.lab.host(f"machine{at}")
        known = made.lab.ssh_config.read_text()
        made.lab.ssh_config.write_text(
            known.replace(f"Host machine{at}\n", f"Host machine{at} {' '.join(names[at::MACHINES])}\n")
        )
    with made.wiring.units.write(OWNER) as uow:
        key = host_queries.get_host(uow.db, "fig").key
        for name in names:
            checked = Checked(Aim(0, name, name, "/opt/calcifer", key, None), facts={})
            hosts.enrolled(uow, made.wiring.settings.var, NewHost(name=name, target=name), key, checked)
    write_known_hosts(made.wiring.units, OWNER, made.wiring.settings.var)
    return names
