"""Secrets on a real host: a container sees them, a rollback brings the old one, `docker compose up -d` by hand changes nothing."""

import io
from collections.abc import Iterator

import pytest

from calcifer.wiring import Wiring
from tests.conftest import Git, Run
from tests.lab import images
from tests.lab.machines import Host, Lab
from tests.lab.test_deploy import COMPOSE, Service

pytestmark = pytest.mark.lab

ONE, TWO = 'it\'s $HOME "one"\n#two\\', "c4nary-two"


@pytest.fixture(scope="module")
def plum(lab: Lab) -> Iterator[Host]:
    """A host with the images, by the name that the descriptor has."""
    host = lab.host("fig")
    images.load(host)
    yield host
    host.kill()


def test_a_container_sees_them_and_a_person_changes_nothing(
    wiring: Wiring, calcifer: Run, git: Git, plum: Host, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", lab.ssh)
    web = Service(wiring, calcifer, git, plum)

    def put(value: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(value))
        assert calcifer("secrets", "set", "web", "PASSWORD").code == 0

    def sees() -> str:
        said = plum.type("docker exec web-web-1 cat /proc/1/environ").split("\0")
        return next(one.removeprefix("PASSWORD=") for one in said if one.startswith("PASSWORD="))

    def is_left_alone() -> None:
        before = web.containers()
        plum.type("cd /opt/calcifer/web && docker compose up -d --quiet-pull 2>/dev/null")
        assert web.containers() == before

    web.change("Take a password", {"docker-compose.yml": COMPOSE + "    environment: ['PASSWORD=${PASSWORD}']\n"})
    plum.ssh("mkdir -p /opt/calcifer/web && printf MINE=1 >/opt/calcifer/web/.env")
    put(ONE)
    first = web.deploy()
    assert (first.state, sees()) == ("good", ONE)
    assert plum.type("stat -c %a /opt/calcifer/web/.env").strip() == "600"
    is_left_alone()
    web.change("Track it", {"README.md": "# Web\n"})
    put(TWO)
    second = web.deploy()
    assert (second.state, sees()) == ("good", TWO)
    is_left_alone()
    web.is_as_in_git(second.commit)
    assert web.ended(calcifer("rollback", "web", "--json")).state == "good"
    assert sees() == ONE
    is_left_alone()
    assert "c4nary" not in plum.type("cat /opt/calcifer/web/.env; grep -r c4nary /opt/calcifer/.versions; true")
    calcifer("secrets", "remove", "web", "PASSWORD")
    assert web.deploy().state == "good"
    assert plum.type("cat /opt/calcifer/web/.env") == "MINE=1"
    looked = calcifer("look", "fig", "--json")
    assert "PASSWORD" not in looked.out
