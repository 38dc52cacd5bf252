"""A real host with real stacks is looked at: one that is as it should be, one with faults; and nothing on it is changed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from tests.conftest import Git, Run
from tests.lab import images
from tests.lab.machines import Host, Lab

pytestmark = pytest.mark.lab

GOOD = """services:
  web:
    image: lab:1
    restart: unless-stopped
    stop_grace_period: 1s
    ports: ["8081:80"]
    volumes: ["./www:/www:ro", "data:/data"]
    healthcheck: {test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1/"], interval: 1s}
volumes: {data: {}}
"""
FAULTY = """services:
  app:
    image: lab:latest
    stop_grace_period: 1s
    ports: ["8082:80"]
    volumes: ["/media/films:/films", "/cache", "/var/run/docker.sock:/sock"]
    environment: {PASSWORD: canary-4711}
    labels: {secret: canary-4711}
  broken:
    image: lab:1
    command: ["sh", "-c", "exit 7"]
    restart: always
  late:
    image: lab:1
    ports: ["8082:80"]
    network_mode: bridge
    depends_on: [app]
"""
STATE = """docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.Image}}' | grep -v broken | sort
docker image ls --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}' | sort
docker volume ls -q | sort; docker network ls -q | sort
find /opt /media /root -type f -exec sha256sum {} + | sort -k 2; find /opt /media -exec stat -c '%n %Y %Z %i %a' {} + | sort"""
"""What is on the host; `broken` is restarted again and again, by itself."""


@pytest.fixture
def host(lab: Lab, machine: Host, monkeypatch: pytest.MonkeyPatch) -> Host:
    """The host, as ssh reaches it; its two stacks have their files as they were."""
    monkeypatch.setenv("GIT_SSH_COMMAND", lab.ssh)
    machine.ssh("cat >/opt/stacks/faulty/compose.yaml", stdin=FAULTY.encode())
    machine.ssh("echo hello >/opt/stacks/good/www/index.html; docker start faulty-app-1")  # no reboot brings it back
    return machine


@pytest.fixture(scope="module")
def machine(lab: Lab) -> Iterator[Host]:
    """A host with two stacks and a container without one."""
    made = lab.host("medlar")
    images.load(made)
    made.ssh("docker tag lab:1 lab:latest; mkdir -p /opt/stacks/good/www /opt/stacks/faulty /media/films")
    made.ssh("cat >/opt/stacks/good/docker-compose.yml", stdin=GOOD.encode())
    made.ssh("cat >/opt/stacks/faulty/compose.yaml", stdin=FAULTY.encode())
    made.ssh(
        "cd /opt/stacks/good && echo hello >www/index.html && git init -q -b main . && git add . && "
        "git -c user.name=Ada -c user.email=ada@example.org commit -qm Begin && docker compose up -d --wait"
    )
    made.ssh("cd /opt/stacks/faulty && docker compose up -d", check=False)
    made.ssh("docker run -d --name alone --restart always lab:2; docker tag lab:3 lab:latest")
    yield made
    made.kill()


def looked(calcifer: Run) -> dict[str, Any]:
    """Look, and return what was seen."""
    ran = calcifer("look", "medlar", "--json")
    assert ran.code == 0, ran.err
    (found,) = json.loads(ran.out)
    return dict(found)


def test_two_stacks(wiring: Wiring, calcifer: Run, host: Host, client: TestClient, home: Path, git: Git) -> None:
    assert calcifer("hosts", "add", "medlar", "medlar", "--directory", "/opt/stacks").code == 0
    before = host.type(STATE)
    seen = looked(calcifer)
    assert host.type(STATE) == before

    kinds: dict[str, list[dict[str, Any]]] = {}
    for problem in seen["found"]:
        kinds.setdefault(problem["kind"], []).append(problem)
    assert seen["vanished_count"] == 0
    stacks = {stack["name"]: stack for stack in seen["stacks"]}
    assert list(stacks) == ["faulty", "good", ""]
    assert stacks["good"]["kinds"] == []
    assert stacks["good"]["git"]["state"] == "clean"
    assert stacks["good"]["containers"][0]["health"] == "healthy"
    assert stacks["good"]["containers"][0]["ports"] == "8081/tcp"
    assert set(kinds) == {
        "failing", "ports", "image", "restart", "root", "volume", "health", "latest", "outside", "untracked", "loose"
    }  # fmt: skip
    failing = " ".join(one["sentence"] for one in kinds["failing"])
    assert "faulty/broken does not stay up: it " in failing
    assert "faulty/late could not be started" in failing
    assert kinds["ports"][0]["sentence"] == (
        "Port 8082/tcp is wanted by faulty/app, faulty/late: only one of them can run, faulty/app has it now."
    )
    assert kinds["ports"][0]["weight"] == "bad"
    assert kinds["image"][0]["where"] == ["faulty/app (lab:latest)"]
    assert kinds["root"][0]["where"] == ["faulty/app (the engine's socket)"]
    assert kinds["volume"][0]["where"] == ["faulty/app (/cache)"]
    assert kinds["outside"][0]["where"] == ["faulty/app (/media/films)"]
    assert kinds["loose"][0]["where"] == ["alone"]
    assert "calcifer survey ssh://medlar/opt/stacks/faulty" in kinds["untracked"][0]["mend"]
    assert "canary" not in json.dumps(seen)
    with wiring.units.database.reading() as session:
        assert "canary" not in str(session.connection().exec_driver_sql("SELECT * FROM looks").all())
    shown = client.get("/deployments/look/medlar").text
    assert "faulty/broken does not stay up" in shown
    assert "1 place" not in shown


def test_what_becomes_of_files(calcifer: Run, host: Host, home: Path, git: Git) -> None:
    assert calcifer("hosts", "add", "medlar", "medlar", "--directory", "/opt/stacks").code == 0
    host.ssh("echo bye >/opt/stacks/good/www/index.html; rm /opt/stacks/faulty/compose.yaml")
    seen = looked(calcifer)
    sentences = [one["sentence"] for one in seen["found"]]
    assert "good has edits that are in no commit: www/index.html." in sentences
    assert any(
        "faulty runs, and its compose file is not on this host: /opt/stacks/faulty/compose.yaml" in one
        for one in sentences
    )

    service = home / "good"
    (service / "www").mkdir(parents=True)
    (service / "docker-compose.yml").write_text(GOOD)
    (service / "www" / "index.html").write_text("hello\n")
    (service / "more.txt").write_text("more\n")
    git(service, "init", "-q", "-b", "main")
    git(service, "add", ".")
    git(service, "commit", "-qm", "Begin")
    assert calcifer("scan").code == 0
    (stack,) = [stack for stack in looked(calcifer)["stacks"] if stack["name"] == "good"]
    assert stack["service"] == "good"
    assert stack["main"]["changed"] == ["www/index.html"]
    assert "more.txt" in stack["main"]["missing"]


def test_without_its_engine_and_without_its_cable(calcifer: Run, host: Host) -> None:
    assert calcifer("hosts", "add", "medlar", "medlar", "--directory", "/opt/stacks").code == 0
    host.ssh("kill $(cat /var/run/docker.pid); while [ -e /var/run/docker.pid ]; do sleep 0.1; done")
    assert looked(calcifer)["found"][0]["sentence"].startswith("The container engine does not answer: Cannot connect")
    host.cut()
    ran = calcifer("look", "medlar")
    assert ran.code == 5
    assert "cannot be reached by ssh" in ran.err
    host.mend()
    host.reboot()
    assert looked(calcifer)["container_count"] == 5
