"""Calcifer in a container, on a host that it manages, deploys itself: a good version, and versions that must not stay."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import bases
from tests.lab.machines import Host, Lab

pytestmark = pytest.mark.lab

HERE = "/opt/calcifer/calcifer-app"
CLONE = "/srv/calcifer/calcifer-app"
UID = 1234
ENV = f"""CALCIFER_BASE=lab-base:1
CALCIFER_UID={UID}
CALCIFER_GID={UID}
CALCIFER_ADDRESS=0.0.0.0
"""
WELL = "python3 -m calcifer.healthy"


class Itself:
    """Calcifer in its container, as somebody on its host sees it."""

    def __init__(self, host: Host) -> None:
        self.host = host
        bases.for_calcifer(host)
        tree = subprocess.run(
            "git ls-files -co --exclude-standard | tar -cf - -T -", shell=True, cwd=bases.ROOT, capture_output=True, check=True
        ).stdout  # fmt: skip
        host.ssh(f"mkdir -p {CLONE} {HERE} /srv/calcifer-ssh && tar -xf - -C {CLONE}", stdin=tree)
        host.type(
            f"cd {CLONE} && git init -q -b main && git add -A && "
            "git -c user.name=Ada -c user.email=ada@example.org commit -qm Begin && "
            f"git archive main | tar -xf - -C {HERE} && "
            "ssh-keygen -q -t ed25519 -N '' -C calcifer -f /srv/calcifer-ssh/id_ed25519 && "
            "cat /srv/calcifer-ssh/id_ed25519.pub >>/etc/lab/authorized_keys && "
            f"chown -R {UID}:{UID} /srv/calcifer /srv/calcifer-ssh"
        )
        host.ssh(f"cat >{HERE}/.env", stdin=ENV.encode())
        self.compose("build --quiet")
        self.compose("run --rm -T calcifer calcifer accounts setup --name Ada --mail ada@example.org --password 'a long one, Ada'")
        self.compose("up -d")
        self.await_well()
        for key, value in {"name": "Ada", "email": "ada@example.org"}.items():
            self.inside(f"git config --global user.{key} {value}")
        self.calcifer("hosts add calcifer root@host.docker.internal")
        self.calcifer("scan")

    def compose(self, words: str) -> str:
        return self.host.type(f"cd {HERE} && docker compose {words} 2>&1")

    def inside(self, words: str) -> str:
        return self.host.type(f"cd {HERE} && docker compose exec -T calcifer {words}")

    def calcifer(self, words: str) -> str:
        return self.inside(f"calcifer {words}")

    def await_well(self) -> None:
        deadline = time.monotonic() + 60
        while self.host.ssh(f"docker exec calcifer-app-calcifer-1 {WELL}", check=False).returncode:
            assert time.monotonic() < deadline, self.host.type("docker logs --tail 30 calcifer-app-calcifer-1 2>&1")
            time.sleep(0.3)

    def change(self, why: str, path: str, script: str) -> None:
        """The express lane, typed inside."""
        self.inside(f"sed -i '{script}' {CLONE}/{path}")
        self.inside(f"sh -c 'cd {CLONE} && calcifer change calcifer-app -m \"{why}\" {path}'")

    def deploy(self) -> dict[str, Any]:
        """Begin a deployment; whoever asked for it may go with the container. Return how it ended."""
        self.host.ssh(f"cd {HERE} && docker compose exec -T calcifer calcifer deploy calcifer-app", check=False)
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            done = self.host.ssh("docker exec calcifer-app-calcifer-1 calcifer deployments list --json", check=False)
            if done.returncode == 0:
                latest: dict[str, Any] = json.loads(done.stdout)[0]
                if latest["state"] not in ("pending", "waiting", "running"):
                    return latest
            time.sleep(0.5)
        raise AssertionError(self.host.type("docker ps -a; docker logs --tail 50 calcifer-app-calcifer-1 2>&1"))

    def version(self) -> str:
        return str(json.loads(self.host.type("busybox wget -q -O - http://127.0.0.1:8000/healthz"))["version"])

    def items(self) -> int:
        return len(json.loads(self.calcifer("work list --state any --json")))


@pytest.fixture(scope="module")
def itself(lab: Lab) -> Iterator[Itself]:
    host = lab.host("plum")
    yield Itself(host)
    host.kill()


class Outage:
    """Asks each tenth of a second whether pages answer, and counts how long they do not."""

    SCRIPT = """while [ ! -e /tmp/enough ]; do
  busybox wget -q -O /dev/null http://127.0.0.1:8000/healthz && echo y || echo n; sleep 0.1; done >/tmp/answers 2>/dev/null &"""

    def __init__(self, host: Host) -> None:
        self.host = host
        host.ssh(f"rm -f /tmp/enough /tmp/answers; {self.SCRIPT}")

    def seconds(self) -> float:
        """Return how long the longest stretch without an answer was, about."""
        self.host.ssh("touch /tmp/enough; sleep 0.5")
        answers = self.host.type("cat /tmp/answers").split()
        return max((len(part) for part in "".join(answers).split("y")), default=0) * 0.11


def test_it_is_taken_over_without_a_restart(itself: Itself) -> None:
    before = itself.host.type("docker ps --quiet --no-trunc")
    assert itself.deploy()["state"] == "good"
    assert itself.host.type("docker ps --quiet --no-trunc") == before


def test_a_new_version_takes_over(itself: Itself) -> None:
    itself.change("Say another number", "src/calcifer/__init__.py", "s/^__version__ = .*/__version__ = \"9.1\"/")
    outage, items = Outage(itself.host), itself.items()
    ended = itself.deploy()
    assert ended["state"] == "good", ended
    assert itself.version() == "9.1"
    assert itself.items() == items
    print("good version: no answer for", outage.seconds())
    print(itself.calcifer(f"deployments log {ended['id']}"))


@pytest.mark.parametrize(
    ("path", "script"),
    [
        ("src/calcifer/app.py", '$a raise RuntimeError("broken at import")'),
        ("src/calcifer/app.py", 's/uow.db.execute(text("SELECT 1"))/raise RuntimeError/'),
    ],
    ids=["import", "health"],
)
def test_one_that_does_not_start_is_not_let_in(itself: Itself, path: str, script: str) -> None:
    serving = itself.host.type("docker ps --quiet --no-trunc --filter name=calcifer-app-calcifer-1")
    itself.change("A bad idea", path, script)
    outage = Outage(itself.host)
    ended = itself.deploy()
    print(ended["error"], "no answer for", outage.seconds())
    assert ended["state"] == "returned", ended
    assert itself.host.type("docker ps --quiet --no-trunc --filter name=calcifer-app-calcifer-1") == serving
    assert itself.version() == "9.1"
    itself.inside(f"git -C {CLONE} checkout -q main")
