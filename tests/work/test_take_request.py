"""An open request of the forge goes on as an item."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.kit.promises import JobRow, list_jobs
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.service import taking
from calcifer.work.takings import TakeRequest
from tests.conftest import Run
from tests.forge import TOKEN
from tests.owner import OWNER
from tests.work import factories
from tests.work.asking import KINDS, forge_of
from tests.work.conftest import Find


def taken(wiring: Wiring, number: int = 12, **more: object) -> JobRow:
    """Take a request, and return how the job ended."""
    new = TakeRequest.model_validate({"service": "web", "number": number} | more)
    with wiring.units.write(OWNER) as uow:
        row = work.take_request(uow, wiring.settings.var, new)
    return wiring.jobs.wait(row.id)


@pytest.mark.parametrize("kind", KINDS)
def test_title_text_and_commits_come_along(wiring: Wiring, web: Path, tmp_path: Path, find: Find, kind: str) -> None:
    with forge_of(web, tmp_path / "forge", kind, is_private=True) as (forge, _, head):
        row = taken(wiring, token=TOKEN)
    assert (row.state, row.result) == ("done", {"number": 1}), row.error
    item = find(1)
    assert (item.title, item.head) == ("Pin ⟨0x1B⟩[31mnginx", head)
    assert item.reason.startswith("The update broke the proxy.\n\n- pin it\n\n")
    assert f"12 by grace: {forge.url}/home/web/" in item.reason
    assert factories.git(web, "rev-parse", item.branch or "") == head
    assert TOKEN not in factories.git(web, "config", "--list")
    assert TOKEN not in json.dumps([row.subject, row.result, row.error])
    for path in wiring.settings.home.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path


def test_twice_is_the_same_item(wiring: Wiring, web: Path, tmp_path: Path) -> None:
    with forge_of(web, tmp_path / "forge", "gitea"):
        assert [taken(wiring).result, taken(wiring).result] == [{"number": 1}, {"number": 1}]


def test_said_words_come_first(wiring: Wiring, web: Path, tmp_path: Path, find: Find) -> None:
    with forge_of(web, tmp_path / "forge", "gitea"):
        taken(wiring, title="Mine", reason="Because.")
    assert (find(1).title, find(1).reason) == ("Mine", "Because.")


def test_one_that_is_closed_or_gone_is_refused(wiring: Wiring, web: Path, tmp_path: Path) -> None:
    with forge_of(web, tmp_path / "forge", "gitea") as (forge, project, head):
        forge.request(project, 13, head, state="closed")
        assert "not open any more" in (taken(wiring, 13).error or "")
        assert "nothing at" in (taken(wiring, 99).error or "")
        factories.git(forge.root / "home" / "web.git", "update-ref", "-d", "refs/pull/12/head")
        assert "has no refs/pull/12/head" in (taken(wiring).error or "")
    assert factories.git(web, "for-each-ref", "refs/calcifer/items") == ""


def test_what_was_lent_is_gone_after_a_restart_with_a_sentence(wiring: Wiring, web: Path, tmp_path: Path) -> None:
    with forge_of(web, tmp_path / "forge", "gitea", is_private=True):
        with wiring.units.write(OWNER) as uow:
            new = TakeRequest.model_validate({"service": "web", "number": 12, "token": TOKEN})
            row = work.take_request(uow, wiring.settings.var, new)
        (file,) = (wiring.settings.var / "lent").iterdir()
        assert (file.read_text(), file.stat().st_mode & 0o777) == (TOKEN, 0o600)
        file.unlink()
        assert "not kept any more" in (wiring.jobs.wait(row.id).error or "")


def test_only_an_owner_may(wiring: Wiring, web: Path) -> None:
    new = TakeRequest(service="web", number=12)
    with pytest.raises(NotAllowed), wiring.units.write(Actor("Mel", "m@x", "member")) as uow:
        work.take_request(uow, wiring.settings.var, new)


def test_page(client: TestClient, wiring: Wiring, web: Path, tmp_path: Path) -> None:
    with forge_of(web, tmp_path / "forge", "gitlab", is_private=True):
        answer = client.post("/work/take_request", data={"service_name": "web", "number": "12", "token": TOKEN})
        assert "being fetched" in answer.text
        wiring.jobs.run_due()
        with wiring.units.read(OWNER) as uow:
            (row,) = list_jobs(uow.db, prefix=taking.TAKE_REQUEST)
        assert ">#1<" in client.get(f"/work/asked/{row.id}").text


def test_api_and_command(
    api: TestClient, calcifer: Run, wiring: Wiring, web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with forge_of(web, tmp_path / "forge", "gitea", is_private=True):
        wanted = {"service": "web", "number": 12, "token": TOKEN}
        promised = api.post("/api/v1/work/take_request", json=wanted)
        assert promised.status_code == 202
        wiring.jobs.run_due()
        assert api.get(f"/api/v1/work/asked/{promised.json()['id']}").json()["number"] == 1
        monkeypatch.setenv("GITEA_TOKEN", TOKEN)
        ran = calcifer("work", "take-request", "12", "-s", "web", "--token-from", "GITEA_TOKEN", "--json")
        assert (ran.code, ran.json["number"]) == (0, 1), ran.err
