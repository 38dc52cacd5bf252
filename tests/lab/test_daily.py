"""Day to day with a real engine over real ssh: logs that are followed and let go of, and what is stopped and started."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from calcifer.deployments.daily import LogWish
from calcifer.deployments.service import reading
from calcifer.wiring import Wiring
from tests.conftest import Git, Run
from tests.lab import images
from tests.lab.machines import Host, Lab
from tests.lab.test_deploy import COMPOSE, Service
from tests.owner import OWNER

pytestmark = pytest.mark.lab
LOGS = "pgrep -fc '[c]ompose.* logs' || true"


@pytest.fixture
def web(wiring: Wiring, calcifer: Run, git: Git, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A service on a host of its own."""
    host: Host = lab.host("nut")
    images.load(host)
    monkeypatch.setenv("GIT_SSH_COMMAND", lab.ssh)
    made = Service(wiring, calcifer, git, host, "nut")
    yield made
    host.kill()


def test_logs_are_followed_and_nothing_stays(web: Service) -> None:
    web.write(
        {
            "docker-compose.yml": COMPOSE.replace(
                "image: lab:1", "image: lab:1\n    command: ['sh', '-c', 'echo up; exec httpd -f -p 80 -h /www']"
            )
        }
    )
    web.git(web.path, "commit", "-qam", "Say up")
    assert web.deploy().state == "good"
    assert web.calcifer("logs", "web", "--grep", "UP").out == "web-1 | up\n"
    wish = LogWish(service="web", tail=10)

    async def follow() -> list[str]:
        there = reading.followed(web.wiring.units, OWNER, web.wiring.settings.var, wish)
        async with aclosing(reading.follow(there, wish)) as lines:
            async for one in lines:
                if one is not None and one.text == "up":
                    return web.host.type(LOGS).split()
        return []

    began = asyncio.run(asyncio.wait_for(follow(), 30))
    assert int(began[0]) > 0, "it is asked for as long as somebody reads"
    web.host.type("for n in 1 2 3 4 5 6 7 8; do [ \"$(pgrep -fc '[c]ompose.* logs')\" = 0 ] && break; sleep 1; done")
    assert web.host.type(LOGS).strip() == "0", "the container writes nothing more, and yet it has ended"

    assert web.calcifer("deployments", "stop", "web").code == 0
    assert web.host.type("docker ps --quiet --filter label=com.docker.compose.project=web") == ""
    assert "stopped" in web.calcifer("deployments", "state", "web").out
    assert web.calcifer("look", "nut", "--json").code == 0
    assert web.calcifer("deployments", "start", "web").code == 0
    assert web.seen() == "version 1\none\n"
