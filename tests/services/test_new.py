"""A service from nothing."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.uow import Actor
from calcifer.services import queries, service
from calcifer.services.planning import Wish
from calcifer.services.service import adoption
from calcifer.services.service.creation import Making
from calcifer.wiring import Wiring
from tests.conftest import Git, Ran
from tests.services.samples import NGINX


def test_has_what_every_service_has(wiring: Wiring, home: Path, actor: Actor, git: Git) -> None:
    service.new(wiring.units, actor, home, Making("wiki", "Our wiki: all of it"))
    listed = git(home / "wiki", "ls-files").split()
    assert listed == [
        ".calcifer/service.yaml", ".gitignore", "CHANGES.md", "README.md", "docker-compose.yml", "docs/index.md"
    ]  # fmt: skip
    assert git(home / "wiki", "status", "--porcelain") == ""
    assert (
        git(home / "wiki", "log", "--format=%an <%ae> %s %D") == f"{actor.name} <{actor.mail}> Begin wiki HEAD -> main"
    )
    assert (home / "wiki" / "README.md").read_text().startswith("# Our wiki: all of it\n")


def test_compose_file_is_kept_byte_for_byte(wiring: Wiring, home: Path, actor: Actor) -> None:
    given = NGINX.replace("\n", "\r\n").encode() + "# ü".encode()
    service.new(wiring.units, actor, home, Making("wiki", compose=given))
    assert (home / "wiki" / "docker-compose.yml").read_bytes() == given


@pytest.mark.parametrize("name", ["", "Wiki", "../x", "a b", "-x", "new", "var", "x.git", "x" * 101])
def test_name_is_checked(wiring: Wiring, home: Path, actor: Actor, name: str) -> None:
    with pytest.raises(Invalid):
        service.new(wiring.units, actor, home, Making(name))
    assert [path.name for path in home.iterdir()] == ["var"]


@pytest.mark.parametrize(
    ("compose", "sentence"),
    [
        (b"services:\n  web: [\n", "Line 3, column 1:"),
        (
            b"services:\n  web:\n    image: nginx\n    prots: [80]\n",
            "Line 4, column 5: services.web has no key 'prots'",
        ),
        (b"services:\n  web: nginx\n", "Line 2, column 3:"),
        (b"just words\n", "Line 1, column 1:"),
        (b"# \xff\n", "Line 1"),
    ],
)
def test_what_is_no_compose_file_is_refused(
    wiring: Wiring, home: Path, actor: Actor, compose: bytes, sentence: str
) -> None:
    with pytest.raises(Invalid, match="This is no compose file") as raised:
        service.new(wiring.units, actor, home, Making("wiki", compose=compose))
    assert sentence in raised.value.fields["compose"]
    assert [path.name for path in home.iterdir()] == ["var"]


def test_what_the_compose_file_names_may_come_later(wiring: Wiring, home: Path, actor: Actor) -> None:
    compose = NGINX + "    build: ./later\n    env_file: .env\n    volumes: ['./nginx.conf:/etc/nginx.conf']\n"
    assert service.new(wiring.units, actor, home, Making("wiki", compose=compose.encode())) == "wiki"


def test_what_is_there_is_kept(wiring: Wiring, home: Path, actor: Actor) -> None:
    (home / "wiki").mkdir()
    with pytest.raises(Conflict, match="already"):
        service.new(wiring.units, actor, home, Making("wiki"))
    assert list((home / "wiki").iterdir()) == []


def test_twice_is_a_conflict(wiring: Wiring, home: Path, actor: Actor) -> None:
    service.new(wiring.units, actor, home, Making("wiki"))
    with pytest.raises(Conflict, match="already"):
        service.new(wiring.units, actor, home, Making("wiki"))


def test_nobody_may_not(wiring: Wiring, home: Path) -> None:
    with pytest.raises(NotAllowed):
        service.new(wiring.units, Actor("", "", "nobody"), home, Making("wiki"))


def test_page_makes_it(client: TestClient, home: Path) -> None:
    assert client.get("/services/new").status_code == 200
    answer = client.post("/services/new", data={"name": "wiki", "compose": NGINX.replace("\n", "\r\n")})
    assert answer.status_code == 200
    assert answer.url.path == "/services/wiki"
    assert (home / "wiki" / "docker-compose.yml").read_text() == NGINX


def test_page_says_what_is_wrong(client: TestClient) -> None:
    answer = client.post("/services/new", data={"name": "No Name"})
    assert answer.status_code == 422
    assert 'id="name-error">' in answer.text


def test_page_says_where_the_compose_file_is_wrong(client: TestClient) -> None:
    answer = client.post("/services/new", data={"name": "wiki", "compose": "services: ["})
    assert answer.status_code == 422
    assert 'id="compose-error">' in answer.text
    assert "services: [</textarea>" in answer.text


def test_api_makes_it(api: TestClient, home: Path) -> None:
    answer = api.post("/api/v1/services/new", json={"name": "wiki", "title": "Our wiki", "compose": NGINX})
    assert (answer.status_code, answer.json()) == (201, {"name": "wiki", "path": str(home / "wiki")})
    assert (home / "wiki" / "docker-compose.yml").read_text() == NGINX
    assert api.post("/api/v1/services/new", json={"name": "wiki"}).status_code == 409
    assert api.post("/api/v1/services/new", json={"name": "../x"}).status_code == 422


def test_command_makes_it(calcifer: Callable[..., Ran], home: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text(NGINX)
    assert calcifer("new", "wiki", "--compose", str(tmp_path / "c.yml")).out.strip() == str(home / "wiki")
    assert (home / "wiki" / "docker-compose.yml").read_text() == NGINX
    assert calcifer("new", "wiki").code == 5
    assert calcifer("new", "blog", "--compose", str(tmp_path / "none")).code == 2


@pytest.mark.parametrize("step", ["made", "in place", "registered"])
def test_killed_there_is_nothing_or_a_whole_repository(
    wiring: Wiring, home: Path, actor: Actor, git: Git, step: str
) -> None:
    def die(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    wiring.units.close()
    child = os.fork()
    if child == 0:
        try:
            service.new(wiring.units, actor, home, Making("wiki"), mark=die)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    if step == "made":
        assert not (home / "wiki").exists()
        service.new(wiring.units, actor, home, Making("wiki"))
    else:
        adoption.carry_out(wiring.units, actor, home, Wish((str(home / "wiki"),)))
    assert git(home / "wiki", "log", "--format=%s %D") == "Begin wiki HEAD -> main"
    assert git(home / "wiki", "status", "--porcelain") == ""
    assert list((home / "var" / "building").iterdir()) == []
    with wiring.units.read(actor) as uow:
        assert queries.get_service(uow.db, "wiki").path == str(home / "wiki")
