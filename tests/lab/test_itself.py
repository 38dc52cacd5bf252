"""Calcifer in a container, on a host that it manages, deploys itself: a good version, and versions that must not stay."""

import itertools
import json
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from calcifer.migrations import newest
from tests.lab import bases
from tests.lab.machines import Host, Lab

pytestmark = pytest.mark.lab

HERE = "/opt/calcifer/calcifer-app"
CLONE = "/srv/calcifer/calcifer-app"
UID = 1234
PAGE = (bases.ROOT / "docs" / "install-docker.md").read_text("utf-8")
# What the page leaves to who reads it, and what is otherwise here: one user, no terminal, no index, a folder of keys for all.
HERE_IT_IS = {
    "sudo ": "",
    "<this repository>": "/srv/source",
    "$(id -u)": str(UID),
    "$(id -g)": str(UID),
    "CALCIFER_ADDRESS=127.0.0.1": "CALCIFER_ADDRESS=0.0.0.0\nCALCIFER_BASE=lab-base:1",
    "docker compose build": f"chown -R {UID} /srv/calcifer; docker compose build",
    "accounts setup": "accounts setup --name Ada --mail ada@example.org --password 'a long one, Ada'",
    "docker compose run": "docker compose run -T",
    "docker compose exec": "docker compose exec -T",
    "~/.ssh/authorized_keys": f"/etc/lab/authorized_keys; chown -R {UID} /srv/calcifer-ssh",
}


def block(number: int) -> str:
    """Return the commands that the page shows, the first or the second."""
    return list[str](re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))[number]


def as_in_the_lab(commands: str) -> str:
    """Return them as they are typed in the lab."""
    for shown, typed in HERE_IT_IS.items():
        commands = commands.replace(shown, typed)
    return commands


WELL = "python3 -m calcifer.healthy"


class Itself:
    """Calcifer in its container, as somebody on its host sees it."""

    def __init__(self, host: Host) -> None:
        self.host = host
        bases.for_calcifer(host)
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=bases.ROOT, capture_output=True, check=True
        ).stdout
        tree = subprocess.run(
            ["tar", "-cf", "-", "-T", "-"], cwd=bases.ROOT, input=listed, capture_output=True, check=True
        ).stdout
        host.ssh("mkdir -p /srv/source /root/.ssh && tar -xf - -C /srv/source", stdin=tree)
        host.type(
            "cd /srv/source && git init -q -b main && git add -A && "
            "git -c user.name=Ada -c user.email=ada@example.org commit -qm Begin"
        )
        host.ssh("set -e\n" + as_in_the_lab(block(0)))
        self.await_well()
        host.ssh("set -e\n" + as_in_the_lab(f"cd {HERE}\n{block(1)}"))

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

    def change(self, why: str, path: str, script: str, *also: str) -> None:
        """The express lane, typed inside."""
        self.inside(f"sed -i {shlex.quote(script)} {CLONE}/{path}")
        words = f"calcifer change calcifer-app --approve-reach -m {shlex.quote(why)} {' '.join([path, *also])}"
        self.inside(f"sh -c {shlex.quote(f'cd {CLONE} && {words}')}")

    def deploy(self) -> dict[str, Any]:
        """Begin a deployment, with nobody who waits for it: that one would go with the container. Return how it ended."""
        before = self.deployments()[0]["id"]
        self.compose("exec -d calcifer calcifer deploy calcifer-app")
        deadline = time.monotonic() + 400
        while time.monotonic() < deadline:
            done = self.host.ssh("docker exec calcifer-app-calcifer-1 calcifer deployments list --json", check=False)
            if done.returncode == 0:
                latest: dict[str, Any] = json.loads(done.stdout)[0]
                if latest["id"] > before and latest["state"] not in ("pending", "waiting", "running"):
                    return latest
            time.sleep(1)
        raise AssertionError(self.host.type("docker ps -a; docker logs --tail 50 calcifer-app-calcifer-1 2>&1"))

    def deployments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.calcifer("deployments list --json"))
        return found

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
    """Asks each tenth of a second whether pages answer, and counts when they did."""

    SCRIPT = """while [ ! -e /tmp/enough ]; do
  busybox wget -q -O /dev/null http://127.0.0.1:8000/healthz && date +%s.%N; sleep 0.1; done >/tmp/answers 2>/dev/null &"""

    def __init__(self, host: Host) -> None:
        self.host = host
        host.ssh(f"rm -f /tmp/enough /tmp/answers; {self.SCRIPT}")

    def seconds(self) -> float:
        """Return how long the longest stretch without an answer was."""
        self.host.ssh("touch /tmp/enough; sleep 0.5")
        answers = [float(line) for line in self.host.type("cat /tmp/answers").split()]
        return max(later - earlier for earlier, later in itertools.pairwise(answers))


def test_it_is_taken_over_without_a_restart(itself: Itself) -> None:
    first = itself.deployments()[0]
    assert (first["state"], first["before"]) == ("good", None)
    said = itself.calcifer("deployments log 1")
    assert "calcifer-app-calcifer-1  Running" in said
    assert "handover" not in said


def test_the_vpn_comes_up_beside_it_and_another_machine_joins(itself: Itself) -> None:
    alpha = itself.host
    bases.load(alpha, bases.packed("wireguard", bases.FOR_WIREGUARD), "lab-wireguard:1")
    env = "VPN_BASE=lab-wireguard:1\nVPN_SUBNET=198.18.0.0/16\nVPN_GATEWAY=198.18.0.1\nVPN_ADDRESS=198.18.99.50\n"
    alpha.ssh("mkdir -p /opt/calcifer/wireguard-vpn && cat >/opt/calcifer/wireguard-vpn/.env", stdin=env.encode())
    itself.calcifer(f"adopt {CLONE}/examples/wireguard-vpn")
    itself.calcifer("deploy wireguard-vpn")
    # The host reaches its own child, and the child the host, by a second child: see the example's README.
    alpha.type(
        "ip link add vpn-shim link eth0 type macvlan mode bridge && ip address add 198.18.99.51/32 dev vpn-shim && "
        "ip link set vpn-shim up && ip route add 198.18.99.50/32 dev vpn-shim"
    )
    laptop = itself.host.lab.host("fig")
    public = laptop.type("umask 077; wg genkey >/root/private.key && wg pubkey </root/private.key").strip()
    told = alpha.type(f"cd /opt/calcifer/wireguard-vpn && docker compose exec -T vpn add-peer laptop {public}")
    conf = told.replace("(the peer's own)", laptop.type("cat /root/private.key").strip())
    conf = conf.replace("(your public name, or this server's address in the LAN)", "198.18.99.50")
    conf = conf.replace("AllowedIPs = 10.66.34.0/24", f"AllowedIPs = 10.66.34.0/24, {alpha.address}/32")
    laptop.ssh("cat >/root/vpn.conf; chmod 600 /root/vpn.conf", stdin=conf.encode())
    laptop.type(f"iptables -A OUTPUT -o eth0 -d {alpha.address} -j DROP")  # no way but the VPN
    page = f"busybox wget -q -O - http://{alpha.address}:8000/sign-in"
    assert laptop.ssh(f"timeout 3 {page}", check=False).returncode
    laptop.type("mkdir -p /var/run/wireguard; wg-quick up /root/vpn.conf")
    assert "Calcifer" in laptop.type(page)
    shown = alpha.type("cd /opt/calcifer/wireguard-vpn && docker compose exec -T vpn wg show wg0 endpoints")
    assert laptop.address in shown
    laptop.kill()


def test_a_new_version_takes_over(itself: Itself) -> None:
    itself.change("Say another number", "src/calcifer/__init__.py", 's/^__version__ = .*/__version__ = "9.1"/')
    outage, items = Outage(itself.host), itself.items()
    ended = itself.deploy()
    assert ended["state"] == "good", ended
    assert itself.version() == "9.1"
    assert itself.items() == items
    away = outage.seconds()
    assert away < 60
    print(f"a new version took over: {away:.0f} s without an answer")  # noqa: T201 -- `make lab ARGS='-n 0 -s -k itself'` shows it


ASKS = 'uow.db.execute(text("SELECT 1"))'


@pytest.mark.parametrize(
    ("script", "mending"),
    [
        ('$a raise RuntimeError("broken at import")', "/broken at import/d"),
        (f"s/{ASKS}/raise RuntimeError/", f"s/raise RuntimeError$/{ASKS}/"),
    ],
    ids=["import", "health"],
)
def test_one_that_does_not_start_is_not_let_in(itself: Itself, script: str, mending: str) -> None:
    serving = itself.host.type("docker ps --quiet --no-trunc --filter name=calcifer-app-calcifer-1")
    itself.change("A bad idea", "src/calcifer/app.py", script)
    outage = Outage(itself.host)
    ended = itself.deploy()
    assert ended["state"] == "returned", ended
    assert outage.seconds() < 2, "the old one has served all the time"
    assert itself.host.type("docker ps --quiet --no-trunc --filter name=calcifer-app-calcifer-1") == serving
    itself.change("Take it back", "src/calcifer/app.py", mending)


MIGRATION = """\"\"\"A table that the next version has.\"\"\"

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "@NEWEST@"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("novelties", sa.Column("id", sa.Integer, primary_key=True))
"""


def test_one_that_starts_and_is_not_well_gives_way_with_its_database(itself: Itself) -> None:
    path = "src/calcifer/migrations/versions/9999_novelties.py"
    itself.host.ssh(
        f"cat >{CLONE}/{path}; chown {UID} {CLONE}/{path}", stdin=MIGRATION.replace("@NEWEST@", newest()).encode()
    )
    listening = "s/CALCIFER_HOST: 0.0.0.0/CALCIFER_HOST: 192.0.2.1/"
    itself.change("Listen nowhere", "docker-compose.yml", listening, path)
    outage, items, serving = Outage(itself.host), itself.items(), itself.version()
    ended = itself.deploy()
    assert (ended["state"], itself.version()) == ("returned", serving)
    assert "cannot listen on 192.0.2.1" in ended["error"]
    away = outage.seconds()
    assert away < 120
    print(f"one that was not well gave way: {away:.0f} s without an answer")  # noqa: T201 -- as above
    assert itself.items() == items
    assert "calcifer.sqlite" in itself.host.type("ls /srv/calcifer/var/backups/replaced-*")
    names = itself.host.type("docker ps --all --format '{{.Names}}'").split()
    assert [name for name in names if name.startswith("calcifer-app")] == ["calcifer-app-calcifer-1"]
