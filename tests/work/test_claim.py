"""Commits that reached main without an item are listed, and get one."""

from pathlib import Path

from starlette.testclient import TestClient

from calcifer.services import queries as catalog
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.schemas import Claim
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.conftest import Find


def stray(wiring: Wiring, web: Path) -> str:
    """Commit on main by hand, let Calcifer look, and return the commit."""
    (web / "by-hand.txt").write_text("x\n")
    factories.git(web, "add", ".")
    factories.git(web, "commit", "-q", "-m", "By hand")
    with wiring.units.write(OWNER) as uow:
        work.find_strays(uow, catalog.get_service(uow.db, "web"))
    return factories.git(web, "rev-parse", "main")


def test_completions_are_no_strays(wiring: Wiring, web: Path) -> None:
    factories.completed(wiring)
    with wiring.units.write(OWNER) as uow:
        assert work.find_strays(uow, catalog.get_service(uow.db, "web")) == 0


def test_each_is_listed_once(wiring: Wiring, web: Path) -> None:
    oid = stray(wiring, web)
    factories.completed(wiring)
    with wiring.units.write(OWNER) as uow:
        assert work.find_strays(uow, catalog.get_service(uow.db, "web")) == 0
    with wiring.units.read(OWNER) as uow:
        assert [row.oid for row in queries.list_strays(uow.db)] == [oid]


def test_the_record_names_the_commits(wiring: Wiring, web: Path, find: Find) -> None:
    oid = stray(wiring, web)
    with wiring.units.write(OWNER) as uow:
        number = work.claim(uow, Claim(service="web", reason="It burned.")).number
    factories.finished(wiring, number)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    (record,) = (web / ".calcifer" / "work").iterdir()
    assert oid in record.read_text()
    with wiring.units.read(OWNER) as uow:
        assert queries.list_strays(uow.db) == []


def test_page(client: TestClient, wiring: Wiring, web: Path) -> None:
    stray(wiring, web)
    assert "By hand" in client.get("/work/strays").text
    assert (
        "answers for these commits" in client.post("/work/claim", data={"service_name": "web", "reason": "Fire"}).text
    )


def test_api_and_command(api: TestClient, calcifer: Run, wiring: Wiring, web: Path) -> None:
    oid = stray(wiring, web)
    assert api.get("/api/v1/work/strays").json()["items"][0]["oid"] == oid
    assert oid[:10] in calcifer("work", "strays").out
    wrong = {"service": "web", "reason": "Fire", "commits": ["0" * 40]}
    assert api.post("/api/v1/work/claim", json=wrong).status_code == 422
    assert calcifer("work", "claim", "web", "-m", "Fire", oid).code == 0
    assert api.get("/api/v1/work/strays").json()["items"] == []


def test_a_dropped_item_that_answers_for_them_is_named(wiring: Wiring, web: Path, calcifer: Run) -> None:
    oid = stray(wiring, web)
    assert calcifer("work", "claim", "web", oid, "-m", "It was urgent.").code == 0
    with wiring.units.write(OWNER) as uow:
        number = queries.list_items(uow.db, queries.Filters(), limit=1)[0].number
        work.drop(uow, number)
    refused = calcifer("work", "claim", "web", oid, "-m", "Again.")
    assert refused.code != 0
    assert f"#{number} answers for these commits of web, and was dropped" in refused.err
    assert f"calcifer work reopen {number}" in refused.err
