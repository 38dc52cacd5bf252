"""The list of items, narrowed by the same words everywhere."""

from pathlib import Path

from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from tests.conftest import Run
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
