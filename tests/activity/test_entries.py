"""The activity, as page, API and command show it."""

import json

from sqlalchemy import event
from starlette.testclient import TestClient
from tests.conftest import Run

from calcifer.activity import service as activity
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring


def record(wiring: Wiring, actor: Actor, count: int) -> None:
    """Let somebody do `count` things."""
    with wiring.units.write(actor) as uow:
        for number in range(1, count + 1):
            activity.record(uow, "work.open", f"<b>#{number}</b>", service=f"s{number % 2}", item_number=number)


def test_page_is_read_page_by_page(wiring: Wiring, actor: Actor, client: TestClient) -> None:
    record(wiring, actor, 120)
    seen, address = [], "/activity?service=s1"
    while address:
        text = client.get(address).text
        seen += [int(piece.split("&")[0]) for piece in text.split("&lt;b&gt;#")[1:]]
        following = (
            text.partition('rel="next"')[0].rpartition('href="')[2].split('"')[0] if 'rel="next"' in text else ""
        )
        address = following.replace("&amp;", "&")
    assert seen == list(range(119, 0, -2))


def test_page_escapes_what_was_done(wiring: Wiring, actor: Actor, client: TestClient) -> None:
    record(wiring, actor, 1)
    assert "<b>#1" not in client.get("/activity").text


def test_page_asks_as_much_for_fifty_rows_as_for_one(wiring: Wiring, actor: Actor, client: TestClient) -> None:
    asked: list[str] = []
    event.listen(wiring.units.database.reader, "before_cursor_execute", lambda *call: asked.append(call[2]))
    record(wiring, actor, 50)
    asked.clear()
    client.get("/activity")
    assert [sql.split()[0] for sql in asked] == ["SELECT", "SELECT"], "who asks, and the list"


def test_page_of_fifty_rows_is_small(wiring: Wiring, actor: Actor, client: TestClient) -> None:
    record(wiring, actor, 50)
    assert len(client.get("/activity").content) < 60_000


def test_api_lists_and_narrows(wiring: Wiring, actor: Actor, api: TestClient) -> None:
    record(wiring, actor, 5)
    items = api.get("/api/v1/activity?service=s1").json()["items"]
    assert [item["item_number"] for item in items] == [5, 3, 1]
    assert [item["subject"] for item in api.get("/api/v1/activity?item_number=2").json()["items"]] == ["<b>#2</b>"]


def test_command_lists(wiring: Wiring, actor: Actor, calcifer: Run) -> None:
    record(wiring, actor, 3)
    assert len(json.loads(calcifer("activity", "list", "--json").out)) > 3
    assert "work.open" in calcifer("activity", "list", "--service", "s1").out
