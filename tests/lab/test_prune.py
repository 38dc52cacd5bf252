"""What a prune leaves of the images of good deployments, with a real engine that has no registry to ask."""

from collections.abc import Iterator

import pytest

from calcifer.wiring import Wiring
from tests.conftest import Git, Run
from tests.lab import images
from tests.lab.machines import Lab
from tests.lab.test_deploy import COMPOSE, Service

pytestmark = pytest.mark.lab


@pytest.fixture
def web(wiring: Wiring, calcifer: Run, git: Git, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A service on a host of its own, whose engine others do not need whole."""
    host = lab.host("fig")
    images.load(host)
    monkeypatch.setenv("GIT_SSH_COMMAND", lab.ssh)
    yield Service(wiring, calcifer, git, host)
    host.kill()


def test_the_version_before_survives_every_prune_of_images(web: Service) -> None:
    assert web.deploy().state == "good"
    for version in (2, 3):
        web.change(f"Say {version}", {"docker-compose.yml": COMPOSE.replace("lab:1", f"lab:{version}")})
        assert web.deploy().state == "good"
    kept = web.host.type("docker image ls --format '{{.Tag}}' calcifer.invalid/kept").split()
    assert sorted(kept) == ["web.D2.web", "web.D3.web"]
    web.host.type("cd /opt/calcifer/web && docker compose stop 2>/dev/null && docker image prune --all --force")
    there = web.host.type("docker image ls --format '{{.Repository}}:{{.Tag}}'").split()
    assert not {"lab:1"} & set(there)
    back = web.ended(web.calcifer("rollback", "web", "--json"))
    assert back.state == "good", back.error
    assert web.seen().startswith("version 2\n")

    # A name that a prune took comes back from what is kept, and system prune takes containers, not tags.
    web.host.type(
        "docker tag lab:2 away/from:here; docker rmi lab:2 >/dev/null; docker tag lab:3 lab:9; docker rmi lab:3"
    )
    web.host.type("docker system prune --force >/dev/null")
    forth = web.ended(web.calcifer("rollback", "web", "--json"))
    assert forth.state == "good", forth.error
    assert web.seen().startswith("version 3\n")
    assert web.host.type("docker volume ls --quiet") == ""
