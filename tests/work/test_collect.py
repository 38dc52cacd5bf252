"""Edits that lie in main's checkout become an open item with one action."""

from pathlib import Path

from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import NewChange
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.conftest import Find


def test_edits_go_to_the_branch_and_stay_in_the_checkout(wiring: Wiring, web: Path, find: Find) -> None:
    (web / "README.md").write_text("edited\n")
    with wiring.units.write(OWNER) as uow:
        number = work.collect(uow, NewChange(service="web", reason="Better words.")).number
    assert find(number).state == "open"
    assert factories.git(web, "show", f"{find(number).branch}:README.md") == "edited"
    assert (web / "README.md").read_text() == "edited\n"
    factories.finished(wiring, number)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert factories.git(web, "status", "--porcelain") == ""


def test_page_api_and_command(client: TestClient, api: TestClient, calcifer: Run, web: Path) -> None:
    (web / "README.md").write_text("one\n")
    answer = client.post("/work/collect?service_name=web", data={"service_name": "web", "reason": "Words"})
    assert "Opened #1 with these edits" in answer.text
    assert api.post("/api/v1/work/collect", json={"service": "web", "reason": "Words"}).json()["state"] == "open"
    assert calcifer("work", "collect", "web", "-m", "Words").code == 0
    assert api.post("/api/v1/work/collect", json={"service": "nothing", "reason": "Words"}).status_code == 404


def test_a_new_file_that_is_named_like_a_secret_has_to_be_named(api: TestClient, calcifer: Run, web: Path) -> None:
    (web / ".gitignore").write_text("")
    (web / ".env").write_text("PASSWORD=secret\n")
    asked = {"service": "web", "reason": "Words"}
    refused = api.post("/api/v1/work/collect", json=asked)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["paths"])
    assert "'.env' is new here and holds the values of variables" in refused.json()["detail"]
    assert api.get("/api/v1/work").json()["items"] == []
    assert api.post("/api/v1/work/collect", json=asked | {"paths": [".env"]}).status_code == 201
    (web / ".gitignore").write_text(".env\n")
    assert calcifer("work", "collect", "web", "-m", "Words").code == 2, "the .gitignore is as it was"
