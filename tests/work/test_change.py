"""The express lane: open, commit, check and complete in one step."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.errors import Conflict, Invalid
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import NewChange
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.conftest import Find


def test_the_edits_in_the_checkout_become_one_completed_change(wiring: Wiring, web: Path) -> None:
    (web / "docker-compose.yml").write_text(factories.COMPOSE.replace("1.25", "1.27"))
    with wiring.units.write(OWNER) as uow:
        item, _ = work.change(uow, NewChange(service="web", reason="Pin nginx: the update broke the proxy."))
        assert item.state == "completed"
    assert factories.git(web, "status", "--porcelain") == ""
    assert "Pin nginx: the update broke the proxy." in (web / "CHANGES.md").read_text()
    assert factories.git(web, "for-each-ref", "--format=%(refname)").split() == [
        "refs/calcifer/adopted",
        "refs/heads/main",
    ]


def test_only_the_named_files(wiring: Wiring, web: Path) -> None:
    (web / "docker-compose.yml").write_text(factories.COMPOSE.replace("1.25", "1.27"))
    (web / "notes.txt").write_text("not yet\n")
    with wiring.units.write(OWNER) as uow:
        work.change(uow, NewChange(service="web", reason="Pin nginx.", paths=["docker-compose.yml"]))
    assert factories.git(web, "status", "--porcelain") == "?? notes.txt"


def test_a_failed_rule_leaves_the_item_open_and_the_edit_where_it_is(wiring: Wiring, web: Path, find: Find) -> None:
    changed = factories.COMPOSE.replace("8080:80", "9090:80")  # the README still says 8080
    (web / "docker-compose.yml").write_text(changed)
    with wiring.units.write(OWNER) as uow:
        item, verdicts = work.change(uow, NewChange(service="web", reason="Another port."))
        number = item.number
    assert find(number).state == "open"
    assert [verdict.rule for verdict in verdicts if not verdict.lets_through] == ["documentation"]
    assert (web / "docker-compose.yml").read_text() == changed
    assert "9090" in factories.git(web, "show", f"{find(number).branch}:docker-compose.yml")


def test_nothing_edited_is_told(wiring: Wiring, web: Path) -> None:
    with pytest.raises(Invalid, match="nothing to change"), wiring.units.write(OWNER) as uow:
        work.change(uow, NewChange(service="web", reason="Pin nginx."))


def test_an_unfinished_merge_is_told(wiring: Wiring, web: Path) -> None:
    (web / ".git" / "MERGE_HEAD").write_text(factories.git(web, "rev-parse", "main") + "\n")
    (web / "README.md").write_text("x\n")
    with pytest.raises(Conflict, match="merge is unfinished"), wiring.units.write(OWNER) as uow:
        work.change(uow, NewChange(service="web", reason="Pin nginx."))


def test_page_edits_a_file_and_completes_with_one_click(client: TestClient, wiring: Wiring, web: Path) -> None:
    page = client.get("/work/change", params={"service_name": "web", "path": "docker-compose.yml"})
    assert "nginx:1.25" in page.text
    typed = {
        "service_name": "web",
        "file": "docker-compose.yml",
        "base": factories.git(web, "rev-parse", "main"),
        "content": factories.COMPOSE.replace("1.25", "1.27").replace("\n", "\r\n"),
        "reason": "Pin nginx: the update broke the proxy.",
    }
    answer = client.post("/work/change?service_name=web&path=docker-compose.yml", data=typed)
    assert "is completed" in answer.text
    assert (web / "docker-compose.yml").read_text() == factories.COMPOSE.replace("1.25", "1.27")


def test_page_whose_base_is_outdated_keeps_the_text(client: TestClient, wiring: Wiring, web: Path) -> None:
    old = factories.git(web, "rev-parse", "main")
    factories.completed(wiring)
    typed = {"service_name": "web", "file": "README.md", "base": old, "content": "typed for an hour", "reason": "Words"}
    answer = client.post("/work/change?service_name=web&path=README.md", data=typed)
    assert answer.status_code == 409
    assert "typed for an hour" in answer.text


def test_api_and_command(api: TestClient, calcifer: Run, web: Path) -> None:
    files = [{"path": "docker-compose.yml", "content": factories.COMPOSE.replace("1.25", "1.27")}]
    made = api.post("/api/v1/work/change", json={"service": "web", "reason": "Pin nginx.", "files": files})
    assert made.json()["completed"] is True
    (web / "docker-compose.yml").write_text(factories.COMPOSE.replace("1.25", "1.28"))
    ran = calcifer("change", "web", "-m", "Pin it higher", "docker-compose.yml")
    assert ran.code == 0, ran.err
    assert "#2 is completed" in ran.err
    assert calcifer("change", "web", "-m", "Nothing").code == 2


def test_a_new_file_that_is_named_like_a_secret_has_to_be_named(client: TestClient, wiring: Wiring, web: Path) -> None:
    (web / "prod.env").write_text("PASSWORD=secret\n")
    (web / "prod.env.example").write_text("PASSWORD=\n")
    with pytest.raises(Invalid, match=r"'prod\.env' is new here"), wiring.units.write(OWNER) as uow:
        work.change(uow, NewChange(service="web", reason="Values."))
    form = client.get("/work/change?service_name=web").text
    assert 'value="prod.env.example" checked' in form
    assert 'value="prod.env">' in form
    sent = {"service_name": "web", "reason": "An example of values."}
    assert client.post("/work/change?service_name=web", data=sent).status_code == 422
    assert client.post("/work/change?service_name=web", data=sent | {"only": "prod.env.example"}).status_code == 200
    assert factories.git(web, "status", "--porcelain") == "?? prod.env"
    factories.git(web, "add", "prod.env")
    factories.git(web, "commit", "-q", "-m", "By hand")
    (web / "prod.env").write_text("PASSWORD=another\n")
    with wiring.units.write(OWNER) as uow:
        item, _ = work.change(uow, NewChange(service="web", reason="Values."))
        assert item.state == "completed"
