"""The whole way with a real engine over real ssh: changed, completed, deployed, verified, taken back; and what goes wrong on it."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
import yaml

from calcifer.deployments.queries import runs as queries
from calcifer.deployments.schemas import DeploymentOut
from calcifer.wiring import Wiring
from tests.conftest import Git, Ran, Run
from tests.lab import images
from tests.lab.machines import Host, Lab
from tests.lab.test_ship import of_git, unpacked
from tests.owner import OWNER

pytestmark = pytest.mark.lab

COMPOSE = """services:
  web:
    image: lab:1
    restart: always
    stop_signal: SIGKILL
    volumes: ['./data:/data', './app.conf:/etc/app.conf:ro']
    healthcheck: {test: ['CMD', 'wget', '-q', '-O', '-', 'http://127.0.0.1/'], interval: 1s, retries: 3}
"""
DESCRIPTOR = "title: Web\ntargets:\n- {host: fig}\n"


@pytest.fixture(scope="module")
def fig(lab: Lab) -> Iterator[Host]:
    """A host with the images."""
    host = lab.host("fig")
    images.load(host)
    yield host
    host.kill()


class Service:
    """A service `web` of the workspace, whose target is the host."""

    def __init__(self, wiring: Wiring, calcifer: Run, git: Git, host: Host, name: str = "fig") -> None:
        self.wiring, self.calcifer, self.git, self.host = wiring, calcifer, git, host
        self.path = wiring.settings.home / "web"
        self.path.mkdir()
        git(self.path, "init", "-q", "-b", "main")
        self.write(
            {
                "docker-compose.yml": COMPOSE,
                "app.conf": "one\n",
                ".calcifer/service.yaml": DESCRIPTOR.replace("fig", name),
            }
        )
        git(self.path, "add", "-A")
        git(self.path, "commit", "-qm", "Begin")
        assert calcifer("hosts", "add", name, name).code == 0
        assert calcifer("scan").code == 0

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def change(self, why: str, files: dict[str, str]) -> None:
        """The express lane."""
        self.write(files)
        done = self.calcifer("change", "web", "-m", why, *files)
        assert done.code == 0, done.err

    def deploy(self, *more: str) -> DeploymentOut:
        """Deploy, and return what came of it."""
        return self.ended(self.calcifer("deploy", "web", "--json", *more))

    def ended(self, ran: Ran) -> DeploymentOut:
        assert ran.out, ran.err
        return DeploymentOut.model_validate(json.loads(ran.out))

    def latest(self) -> DeploymentOut:
        with self.wiring.units.read(OWNER) as uow:
            return DeploymentOut.of(*queries.list_deployments(uow.db, limit=1)[0])

    def head(self) -> str:
        return self.git(self.path, "rev-parse", "main")

    def containers(self) -> dict[str, str]:
        """Service to container id."""
        said = self.host.type(
            "docker ps --all --no-trunc --filter label=com.docker.compose.project=web "
            """--format '{{.Label "com.docker.compose.service"}} {{.ID}}'"""
        )
        return dict(line.split() for line in said.splitlines())

    def seen(self) -> str:
        return self.host.type("docker exec web-web-1 cat /www/index.html /etc/app.conf")

    def is_as_in_git(self, commit: str) -> None:
        """Tracked files are git's, byte for byte; `up -d` typed there changes nothing."""
        there = unpacked(self.host.ssh("cd /opt/calcifer/web && tar -cf - .").stdout)
        wanted = of_git(self.path, commit)
        assert {name: found for name, found in there.items() if name in wanted} == wanted
        before = self.containers()
        self.host.type("cd /opt/calcifer/web && docker compose up -d --quiet-pull 2>/dev/null")
        assert self.containers() == before


@pytest.fixture
def web(
    wiring: Wiring, calcifer: Run, git: Git, fig: Host, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    monkeypatch.setenv("GIT_SSH_COMMAND", lab.ssh)
    yield Service(wiring, calcifer, git, fig)
    fig.ssh("docker rm --force $(docker ps --all --quiet) 2>/dev/null; rm -rf /opt/calcifer")


def test_is_changed_deployed_verified_and_taken_back(web: Service) -> None:
    first = web.deploy("-m", "The beginning")
    assert (first.state, first.before, first.commit, first.project) == ("good", None, web.head(), "web")
    assert first.plan["containers"] == {"added": ["web"], "changed": [], "removed": []}
    assert web.seen() == "version 1\none\n"
    web.host.ssh("echo precious >/opt/calcifer/web/data/db; echo SECRET=1 >/opt/calcifer/web/.env")
    web.is_as_in_git(first.commit)
    ids = web.containers()

    web.change("Say two", {"app.conf": "two\n"})
    second = web.deploy()
    assert (second.state, second.before) == ("good", first.commit)
    assert second.items == [1]
    assert "C app.conf" in second.plan["files"]
    assert web.seen() == "version 1\ntwo\n"
    assert web.containers() == ids, "restarted for its file, and not made anew"

    web.change("The second image", {"docker-compose.yml": COMPOSE.replace("lab:1", "lab:2")})
    third = web.deploy()
    assert third.plan["facts"] == ["image of web: lab:1 → lab:2"]
    assert web.seen() == "version 2\ntwo\n"
    assert third.images["web"]["ref"] == "lab:2"
    web.is_as_in_git(third.commit)

    back = web.ended(web.calcifer("rollback", "web", "--json", "-m", "Two is slow"))
    assert (back.state, back.commit, back.kind) == ("good", second.commit, "rollback")
    assert web.seen() == "version 1\ntwo\n"
    assert web.host.type("cat /opt/calcifer/web/data/db /opt/calcifer/web/.env") == "precious\nSECRET=1\n"
    web.is_as_in_git(second.commit)

    notes = web.git(web.path, "log", "-1", "--format=%N", "--notes=deployments", second.commit)
    told = list(yaml.safe_load_all(notes))
    assert [(one["kind"], one["outcome"], one.get("why")) for one in told] == [
        ("deploy", "good", None),
        ("rollback", "good", "Two is slow"),
    ]
    there = list(yaml.safe_load_all(web.host.type("cat /opt/calcifer/.versions/web/records")))
    assert [one["commit"] for one in there] == [first.commit, second.commit, third.commit, second.commit]
    assert "SECRET" not in notes + str(there)


@pytest.mark.parametrize(
    ("compose", "said"),
    [
        (COMPOSE.replace("lab:1", "lab:gone"), "web Error"),
        (COMPOSE.replace("image: lab:1", "image: lab:2\n    command: ['sh', '-c', 'exit 3']"), "exited with 3"),
        (COMPOSE.replace("http://127.0.0.1/", "http://127.0.0.1:9/"), "web-web-1 is not healthy."),
        (COMPOSE.replace("image: lab:1", "build: .\n    image: web:new"), "ockerfile"),
        (COMPOSE + "    ports: ['8099:80']\n", "8099"),
        (COMPOSE + "    depends_on: [nobody]\n", "nobody"),
        (COMPOSE + "    entrypoint: /bin/nothing\n", "nothing"),
    ],
    ids=["image", "exit", "health", "build", "port", "invalid", "entrypoint"],
)
def test_what_does_not_come_into_service_is_taken_back(web: Service, compose: str, said: str) -> None:
    web.host.ssh("docker run --detach --publish 8099:80 --name other lab:3")
    first = web.deploy()
    assert first.state == "good"
    web.write({"docker-compose.yml": compose, "app.conf": "bad\n"})
    web.git(web.path, "commit", "-qam", "Bad")
    bad = web.deploy()
    assert bad.state == "returned", bad.error
    assert said in (bad.error or "")
    assert web.seen() == "version 1\none\n"
    web.is_as_in_git(first.commit)
    web.write({"docker-compose.yml": COMPOSE.replace("lab:1", "lab:2"), "app.conf": "good\n"})
    web.git(web.path, "commit", "-qam", "Good")
    assert web.deploy().state == "good"
    assert web.seen() == "version 2\ngood\n"


def test_an_edit_on_the_host_holds_it_until_somebody_decides(web: Service) -> None:
    first = web.deploy()
    web.host.ssh("echo mine >/opt/calcifer/web/app.conf")
    web.change("Say two", {"app.conf": "two\n"})
    held = web.calcifer("deploy", "web", "--json")
    assert held.code == 5
    told = web.ended(held)
    assert told.state == "held"
    assert "'app.conf' was edited or removed there." in (told.error or "")
    assert web.host.type("cat /opt/calcifer/web/app.conf") == "mine\n"
    assert web.calcifer("deployments", "proceed", str(told.id)).code == 0
    assert web.latest().state == "good"
    assert web.latest().before == first.commit
    assert web.seen() == "version 1\ntwo\n"
    assert web.host.type("cat /opt/calcifer/.versions/web/aside/*/app.conf") == "mine\n"


def test_what_lay_there_before_is_taken_over_without_a_restart(web: Service) -> None:
    web.host.ssh("mkdir -p /opt/calcifer/web/data")
    for name, text in {"docker-compose.yml": COMPOSE, "app.conf": "one\n"}.items():
        web.host.ssh(f"cat >/opt/calcifer/web/{name}", stdin=text.encode())
    web.host.type("cd /opt/calcifer/web && docker compose up -d 2>/dev/null")
    ids = web.containers()
    assert web.deploy().state == "good"
    assert web.containers() == ids


def test_what_somebody_stopped_is_started_by_the_next_one(web: Service) -> None:
    assert web.deploy().state == "good"
    web.host.type("cd /opt/calcifer/web && docker compose stop 2>/dev/null")
    again = web.deploy()
    assert again.state == "good"
    assert web.seen() == "version 1\none\n"


def test_one_line_from_idea_to_deployed(web: Service, record_property: Callable[[str, object], None]) -> None:
    """`make lab ARGS='-n 0 -s -k idea'` shows the figures, beside the same steps by hand."""
    web.write({".calcifer/service.yaml": DESCRIPTOR.replace("host: fig", "host: fig, on_complete: deploy")})
    web.git(web.path, "commit", "-qam", "Deploy what is completed")
    assert web.calcifer("scan").code == 0
    assert web.deploy().state == "good"

    def seconds(act: Callable[[], object]) -> float:
        began = time.monotonic()
        act()
        return round(time.monotonic() - began, 2)

    def by_hand() -> None:
        archive = subprocess.run(["git", "archive", "main"], cwd=web.path, capture_output=True, check=True).stdout
        web.host.ssh("tar -xf - -C /opt/calcifer/web", stdin=archive)
        web.host.type("cd /opt/calcifer/web && docker compose up -d --quiet-pull 2>/dev/null")

    figures = {"tar, ssh, docker compose up, by hand": seconds(by_hand)}
    text = COMPOSE.replace("lab:1", "lab:2")
    figures["one line, from idea to deployed"] = seconds(
        lambda: web.change("The second image", {"docker-compose.yml": text})
    )
    assert web.latest().state == "good"
    assert web.seen() == "version 2\none\n"
    for name, value in figures.items():
        record_property(name, value)
        print(f"{name:40} {value:6.2f} s")  # noqa: T201
