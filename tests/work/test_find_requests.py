"""The forge of a service's origin is asked for its open requests."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.git.remotes import NoOrigin
from calcifer.kit.promises import JobRow
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from calcifer.work import service as work
from tests.conftest import Run
from tests.forge import TOKEN, answered
from tests.owner import OWNER
from tests.work import factories
from tests.work.asking import KINDS, forge_of


def asked(wiring: Wiring, token: str | None = None) -> JobRow:
    """Ask, and return how the job ended."""
    with wiring.units.write(OWNER) as uow:
        row = work.find_requests(uow, wiring.settings.var, "web", token)
    return wiring.jobs.wait(row.id)


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_listed(wiring: Wiring, web: Path, tmp_path: Path, kind: str) -> None:
    with forge_of(web, tmp_path / "forge", kind) as (forge, project, _):
        for number in range(13, 90):
            forge.request(project, number, "refs/heads/main", title=f"Another {number}")
        row = asked(wiring)
    assert row.state == "done", row.error
    found = (row.result or {})["requests"]
    assert [one["number"] for one in found] == [*range(12, 90)]
    assert found[0]["title"] == "Pin ⟨0x1B⟩[31mnginx"
    assert (found[0]["author"], found[0]["branch"], found[0]["into"]) == ("grace", "try", "main")
    assert found[0]["url"].startswith(f"{forge.url}/home/web/")


def test_a_private_one_needs_the_token_and_nothing_keeps_it(wiring: Wiring, web: Path, tmp_path: Path) -> None:
    with forge_of(web, tmp_path / "forge", "gitlab", is_private=True):
        assert "nothing at" in (asked(wiring).error or "")
        assert asked(wiring, TOKEN).state == "done"
    assert list((wiring.settings.var / "lent").iterdir()) == []
    for path in wiring.settings.home.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("code", "headers", "words"),
    [
        (401, {}, "wants a token"),
        (
            403,
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1760000000"},
            "no more requests for now; at 08:53 UTC",
        ),
        (429, {"Retry-After": "30"}, "no more requests for now; in 30 seconds"),
        (404, {}, "nothing at"),
        (502, {}, "problem of its own (502)"),
        (302, {"Location": "http://localhost:1/x"}, "leads to http://localhost:1: name that address"),
        (418, {}, "does not take the question (418)"),
    ],
)
def test_what_the_forge_refuses_is_said(
    wiring: Wiring, web: Path, tmp_path: Path, code: int, headers: dict[str, str], words: str
) -> None:
    with forge_of(web, tmp_path / "forge", "gitea") as (forge, _, _):
        forge.answers["/api/v1/repos"] = answered({}, code, headers)
        row = asked(wiring)
    assert words in (row.error or "")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[",
        b'{"a": 1}',
        b"[" * 100_000,
        b"[1, null]",
        b'[{"number": true}]',
        b"[" + b" " * 21_000_000 + b"]",
    ],
)
def test_what_is_no_answer_is_refused(wiring: Wiring, web: Path, tmp_path: Path, body: bytes) -> None:
    with forge_of(web, tmp_path / "forge", "gitea") as (forge, _, _):
        forge.answers["/api/v1/repos"] = 200, {}, body
        row = asked(wiring)
    assert row.state == "failed"
    assert "unexpected" not in (row.error or "")


def test_without_a_forge_it_says_so(wiring: Wiring, web: Path, tmp_path: Path) -> None:
    with pytest.raises(NoOrigin):
        asked(wiring)
    factories.git(web, "remote", "add", "origin", str(tmp_path))
    with pytest.raises(Conflict, match="no address on a forge"):
        asked(wiring)
    with pytest.raises(Invalid, match="visible characters"):
        asked(wiring, "a b")


def test_only_an_owner_may(wiring: Wiring, web: Path) -> None:
    with pytest.raises(NotAllowed), wiring.units.write(Actor("Mel", "m@x", "member")) as uow:
        work.find_requests(uow, wiring.settings.var, "web")


def test_page(client: TestClient, wiring: Wiring, web: Path, tmp_path: Path) -> None:
    with forge_of(web, tmp_path / "forge", "github", is_private=True):
        form = {"service_name": "web", "token": "has space"}
        refused = client.post("/work/find_requests?service_name=web", data=form)
        assert (refused.status_code, "has space" in refused.text) == (422, False)
        assert "being asked" in client.post("/work/find_requests", data=form | {"token": TOKEN}).text
        wiring.jobs.run_due()
        shown = client.get("/work/take", params={"service_name": "web"}).text
    assert "Pin ⟨0x1B⟩[31mnginx" in shown
    assert TOKEN not in shown


def test_api_and_command(
    api: TestClient, calcifer: Run, wiring: Wiring, web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with forge_of(web, tmp_path / "forge", "gitea", is_private=True):
        promised = api.post("/api/v1/work/find_requests", json={"service": "web", "token": TOKEN})
        assert (promised.status_code, promised.json()["state"], TOKEN in promised.text) == (202, "pending", False)
        wiring.jobs.run_due()
        assert api.get(f"/api/v1/work/asked/{promised.json()['id']}").json()["requests"][0]["number"] == 12
        monkeypatch.setenv("GITEA_TOKEN", TOKEN)
        assert "12\tPin" in calcifer("work", "find-requests", "web", "--token-from", "GITEA_TOKEN").out
        ran = calcifer("work", "find-requests", "web", "--token-from", "NOT_THERE")
        assert (ran.code, "NOT_THERE" in ran.err) == (2, True)
    assert api.get("/api/v1/work/asked/999").status_code == 404
