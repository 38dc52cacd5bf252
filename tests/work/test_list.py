"""The list of items, narrowed by the same words everywhere."""

from pathlib import Path

from starlette.testclient import TestClient

from calcifer.services import service as catalog
from calcifer.wiring import Wiring
from calcifer.work import queries
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories


def test_any_state_is_all_of_them_on_page_api_and_command(
    client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path
) -> None:
    factories.completed(wiring)
    assert "Pin nginx" in client.get("/work?state=any").text
    assert [item["number"] for item in api.get("/api/v1/work?state=any").json()["items"]] == [1]
    assert [item["number"] for item in calcifer("work", "list", "--state", "any", "--json").json] == [1]
    assert calcifer("work", "list", "--json").json == []


def test_a_word_that_is_none_is_refused_with_the_choices(client: TestClient, api: TestClient, calcifer: Run) -> None:
    for name, choice in {"state": "dropped", "category": "documentation"}.items():
        assert client.get("/work", params={name: "x"}).status_code == 422
        refused = api.get("/api/v1/work", params={name: "x"})
        assert refused.status_code == 422
        assert choice in refused.json()["fields"][name]
        told = calcifer("work", "list", f"--{name}", "x")
        assert (told.code, choice in told.err) == (2, True)


def test_a_database_that_was_lost_is_told_from_one_without_items(
    wiring: Wiring, web: Path, client: TestClient, calcifer: Run
) -> None:
    assert "No item matches." in calcifer("work", "list").err
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        item = queries.get_item(uow.db, number)
        catalog.rescan(uow, item.service, thorough=True)
        uow.db.delete(item)
    assert "calcifer rebuild" in calcifer("work", "list").err
    assert "calcifer rebuild" in client.get("/work").text
