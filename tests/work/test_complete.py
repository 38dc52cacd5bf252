"""An item completes: gate, merge, change entry, record, checkout; all or nothing."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.errors import Conflict
from calcifer.wiring import Wiring
from calcifer.work import service as work
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.conftest import Find


def test_git_tells_the_whole_story_without_calcifer(wiring: Wiring, web: Path) -> None:
    number = factories.completed(wiring)
    assert factories.git(web, "log", "-1", "--format=%an %ae %s", "main") == (
        f"{OWNER.name} {OWNER.mail} Service Change: Pin nginx (#{number})"
    )
    assert f"Work-Item: {number}" in factories.git(web, "log", "-1", "--format=%b", "main^2")
    assert len(factories.git(web, "log", "-1", "--format=%p", "main").split()) == 2
    assert (web / "docker-compose.yml").read_text() == factories.COMPOSE.replace("1.25", "1.27")
    assert f"- Ada Lovelace - Service Change (#{number})\n\nPin nginx." in (web / "CHANGES.md").read_text()
    assert not (web / "changes.d").exists()
    assert factories.git(web, "for-each-ref", "--format=%(refname)").split() == [
        "refs/calcifer/adopted",
        "refs/heads/main",
    ]
    assert factories.git(web, "status", "--porcelain") == ""
    factories.git(web, "fsck", "--strict")


def test_the_record_reads_like_a_report(wiring: Wiring, web: Path) -> None:
    number = factories.completed(wiring)
    record = (web / ".calcifer" / "work" / f"{number:04d}-pin-nginx.md").read_text()
    for said in (
        "# Pin nginx",
        "> The update broke it.",
        "> Pin nginx.",
        "- [x] ",
        "Tried it on the test host.",
        "## Rules",
    ):
        assert said in record


def test_a_closed_rule_holds_it_and_nothing_has_happened(wiring: Wiring, web: Path, find: Find) -> None:
    number = factories.opened(wiring)
    factories.committed(wiring, number)
    tip = factories.git(web, "rev-parse", "main")
    with pytest.raises(Conflict, match="cannot be completed yet"), wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert factories.git(web, "rev-parse", "main") == tip
    assert find(number).state == "open"


def test_what_holds_it_is_said_once(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    factories.committed(wiring, number)
    with pytest.raises(Conflict, match="no document did") as caught, wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert caught.value.message.count("image of web") == 1


def test_twice_is_a_conflict(wiring: Wiring, web: Path) -> None:
    number = factories.completed(wiring)
    with pytest.raises(Conflict, match="completed"), wiring.units.write(OWNER) as uow:
        work.complete(uow, number)


def test_an_empty_branch_is_not_complete(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    factories.finished(wiring, number)
    with pytest.raises(Conflict, match="cannot be completed yet"), wiring.units.write(OWNER) as uow:
        work.complete(uow, number)


def test_edits_in_the_checkout_of_main_are_in_the_way_only_where_they_collide(wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring)
    (web / "README.md").write_text("mine\n")
    (web / "docker-compose.yml").write_text("mine too\n")
    with pytest.raises(Conflict, match=r"docker-compose\.yml"), wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert (web / "docker-compose.yml").read_text() == "mine too\n"
    (web / "docker-compose.yml").write_text(factories.COMPOSE)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert (web / "README.md").read_text() == "mine\n"


def test_a_checkout_on_another_branch_stays_there(wiring: Wiring, web: Path) -> None:
    factories.git(web, "switch", "-q", "-c", "elsewhere")
    factories.completed(wiring)
    assert (web / "docker-compose.yml").read_text() == factories.COMPOSE
    assert factories.git(web, "branch", "--show-current") == "elsewhere"


def test_a_parent_completes_after_its_children(wiring: Wiring, web: Path, find: Find) -> None:
    factories.service(wiring, "db")
    parent = factories.opened(wiring, title="Move house", is_parent=True)
    child = factories.opened(wiring, "db", title="Move db", parent=parent)
    with pytest.raises(Conflict, match=f"#{child}"), wiring.units.write(OWNER) as uow:
        work.complete(uow, parent)
    factories.committed(wiring, child)
    factories.finished(wiring, child)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, child)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, parent)
    assert find(parent).state == "completed"
    record = (wiring.settings.home / "db" / ".calcifer" / "work" / f"{child:04d}-move-db.md").read_text()
    assert f"part of #{parent}" in record
    assert (web / ".calcifer" / "work" / f"{parent:04d}-move-house.md").exists()


def test_page(client: TestClient, wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring)
    answer = client.post(f"/work/{number}/complete")
    assert answer.status_code == 200
    assert f"#{number} is completed" in answer.text
    again = client.post(f"/work/{number}/complete")
    assert again.status_code == 409
    assert "does not change" in again.text


def test_api(api: TestClient, wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    held = api.post(f"/api/v1/work/{number}/complete")
    assert held.status_code == 409
    assert held.headers["content-type"] == "application/problem+json"
    factories.committed(wiring, number)
    factories.finished(wiring, number)
    assert api.post(f"/api/v1/work/{number}/complete").json()["state"] == "completed"


def test_command(calcifer: Run, wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    held = calcifer("work", "complete", number)
    assert held.code == 5
    assert "cannot be completed yet" in held.err
    factories.committed(wiring, number)
    factories.finished(wiring, number)
    assert calcifer("work", "complete", number).code == 0
