"""The list of services: filters in the address, pages by cursor, the same number of queries however many there are."""

import json
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from calcifer.services.models import Service
from calcifer.wiring import Wiring
from tests.conftest import Ran
from tests.services.repositories import EVIL, Counted, changed
from tests.work.factories import service

pytestmark = pytest.mark.every_input


def fill(wiring: Wiring, count: int) -> None:
    """Put services into the catalog whose repositories nobody looks at."""
    with wiring.units.database.writing() as session:
        for number in range(count):
            kind = "network" if number % 3 == 0 else "application"
            owner = "ada" if number % 2 else "bob"
            now = wiring.units.clock()
            given = {"adopted_at": now, "scanned_at": now, "kind": kind, "owner": owner}
            session.add(Service(name=f"s-{number:03}", path=f"/nowhere/{number}", title=f"Number {number}", **given))
        session.commit()


def names(api: TestClient, **query: str | bool) -> list[str]:
    """The names that the API lists."""
    answer = api.get("/api/v1/services", params=query)
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["items"]]


def test_an_empty_catalog_names_the_next_step(client: TestClient) -> None:
    assert "calcifer adopt PATH" in client.get("/services").text


def test_filters_narrow(client: TestClient, api: TestClient, calcifer: Callable[..., Ran], wiring: Wiring) -> None:
    fill(wiring, 12)
    changed(wiring, "s-005", descriptor_error="Line 1")
    assert names(api, kind="network") == ["s-000", "s-003", "s-006", "s-009"]
    assert names(api, kind="network", owner="ada") == ["s-003", "s-009"]
    assert names(api, text="NUMBER 11") == ["s-011"]
    assert names(api, problems=True) == ["s-005"]
    shown = client.get("/services?kind=network&owner=ada").text
    assert "s-003" in shown
    assert "s-000" not in shown
    ran = calcifer("services", "list", "--problems", "--json")
    assert [row["name"] for row in json.loads(ran.out)] == ["s-005"]
    assert "descriptor broken" in calcifer("services", "list", "--problems").out


def test_pages_go_on_where_they_ended(client: TestClient, api: TestClient, wiring: Wiring) -> None:
    fill(wiring, 7)
    first = api.get("/api/v1/services?limit=4").json()
    rest = api.get("/api/v1/services", params={"limit": 4, "cursor": first["next"]}).json()
    assert [row["name"] for row in first["items"] + rest["items"]] == [f"s-{number:03}" for number in range(7)]
    assert rest["next"] is None
    assert "Next page" in client.get("/services?limit=4").text


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFd", "WyJhIiwiYiJd", "WyJcdTAwMDAiXQ", "bnVsbA"])
def test_a_cursor_of_ones_own_is_refused(client: TestClient, api: TestClient, cursor: str) -> None:
    for browser, where in ((client, "/services"), (api, "/api/v1/services")):
        assert browser.get(where, params={"cursor": cursor}).status_code == 422


def test_the_number_of_queries_does_not_grow(client: TestClient, wiring: Wiring) -> None:
    fill(wiring, 3)
    client.get("/services")
    with Counted(wiring) as few:
        client.get("/services")
    fill_more = [f"more-{number}" for number in range(40)]
    with wiring.units.database.writing() as session:
        now = wiring.units.clock()
        for name in fill_more:
            session.add(Service(name=name, path=f"/nowhere/{name}", title=name, adopted_at=now, scanned_at=now))
        session.commit()
    with Counted(wiring) as many:
        client.get("/services")
    assert many.statements == few.statements <= 6  # with BEGIN, PRAGMA and the session's own


def test_text_of_a_repository_is_no_html(client: TestClient, wiring: Wiring) -> None:
    service(wiring, "web")
    fields = dict.fromkeys(["title", "description", "kind", "owner", "lifecycle", "descriptor_error"], EVIL)
    changed(wiring, "web", **fields)
    for where in ("/services", "/services?" + "&".join(f"{field}={EVIL}" for field in ("text", "kind", "owner"))):
        answer = client.get(where)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
