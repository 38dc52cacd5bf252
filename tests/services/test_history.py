"""The history of main: every commit once, page by page, even while main moves."""

import json
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from calcifer.kit.web.paging import encode
from calcifer.wiring import Wiring
from tests.conftest import Ran
from tests.services.repositories import EVIL, committed
from tests.work.factories import git, service

pytestmark = pytest.mark.every_input


def test_commits_are_listed_newest_first(client: TestClient, calcifer: Callable[..., Ran], wiring: Wiring) -> None:
    path = service(wiring, "web")
    oid = committed(path, {"a": "1"}, "Pin nginx\n\nBecause it broke.\n\nWork-Item: 42\n")
    shown = client.get("/services/web/history").text
    assert oid[:10] in shown
    assert "Ada Lovelace" in shown
    assert "Because it broke." in shown
    assert 'href="/work/42"' in shown
    assert shown.index("Pin nginx") < shown.index("Begin")
    assert [row["item"] for row in json.loads(calcifer("services", "history", "web", "--json").out)] == [42, None]
    assert "Pin nginx" in calcifer("services", "history", "web").out


def test_every_commit_is_on_one_page_while_main_moves(api: TestClient, wiring: Wiring) -> None:
    path = service(wiring, "web")
    for number in range(3):
        committed(path, {}, f"On main {number}")
    git(path, "checkout", "-q", "-b", "side", "HEAD~2")
    for number in range(3):
        committed(path, {}, f"On the side {number}")
    git(path, "checkout", "-q", "main")
    git(path, "merge", "-q", "--no-edit", "side")
    wanted = git(path, "log", "--format=%H").split()
    found: list[str] = []
    cursor = None
    while cursor is not None or not found:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = api.get("/api/v1/services/web/history", params=query).json()
        found += [row["oid"] for row in answer["items"]]
        cursor = answer["next"]
        committed(path, {}, "Meanwhile")
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize(
    "key",
    [["a" * 40, "b" * 40], ["main", "HEAD"], [1, 2], ["a" * 40], ["--all", "x"], [None, None], ["A" * 40, "a" * 40]],
)
def test_a_cursor_of_ones_own_is_refused(client: TestClient, api: TestClient, wiring: Wiring, key: list[str]) -> None:
    service(wiring, "web")
    cursor = {"cursor": encode(list(key))}
    assert client.get("/services/web/history", params=cursor).status_code == 422
    assert api.get("/api/v1/services/web/history", params=cursor).status_code == 422


def test_a_commit_of_another_branch_is_no_cursor(api: TestClient, wiring: Wiring) -> None:
    path = service(wiring, "web")
    git(path, "checkout", "-q", "-b", "other")
    other = committed(path, {"a": "secret"}, "Secret")
    answer = api.get("/api/v1/services/web/history", params={"cursor": encode([other, other])})
    assert answer.status_code == 422
    assert "Secret" not in answer.text


def test_messages_and_people_are_no_html(client: TestClient, calcifer: Callable[..., Ran], wiring: Wiring) -> None:
    path = service(wiring, "web")
    git(path, "config", "user.name", f"Eve{EVIL}\x1b[31m")
    committed(path, {}, f"{EVIL}\u202e\n\n{EVIL}\x1b[2J")
    git(path, "config", "i18n.commitEncoding", "latin1")
    answer = client.get("/services/web/history")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "⟨U+202E⟩" in answer.text
    assert "\x1b" not in calcifer("services", "history", "web").out
