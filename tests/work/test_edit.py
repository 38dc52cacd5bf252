"""What an open item says changes; its branch keeps its name."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.errors import Conflict
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import ItemChanges
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.conftest import Find


def test_new_title_renames_no_branch(wiring: Wiring, web: Path, find: Find) -> None:
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        work.edit(uow, number, ItemChanges(title="Something else"))
    assert find(number).branch == f"work/{number}-pin-nginx"
    assert "title: Something else" in factories.git(web, "show", f"refs/calcifer/items/{number}:item.md")


def test_a_completed_item_cannot_be_edited(wiring: Wiring, web: Path) -> None:
    number = factories.completed(wiring)
    with pytest.raises(Conflict, match="completed"), wiring.units.write(OWNER) as uow:
        work.edit(uow, number, ItemChanges(title="Other"))


def test_page_refuses_an_outdated_form_and_gives_the_text_back(client: TestClient, wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    first = {"title": "One", "reason": "Why", "notes": "first", "revision": "1"}
    assert client.post(f"/work/{number}/edit", data=first).status_code == 200
    late = client.post(f"/work/{number}/edit", data=first | {"notes": "typed for an hour"})
    assert late.status_code == 409
    assert "typed for an hour" in late.text


def test_notes_run_no_script(client: TestClient, wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    notes = "<script>alert(1)</script>\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>"
    client.post(f"/work/{number}/edit", data={"title": "One", "reason": "Why", "notes": notes, "revision": "1"})
    text = client.get(f"/work/{number}").text
    assert "<script>alert" not in text
    assert 'href="javascript' not in text
    assert "<img" not in text


def test_api_compares_the_tag(api: TestClient, wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    tag = api.get(f"/api/v1/work/{number}").headers["etag"]
    url = f"/api/v1/work/{number}/edit"
    assert api.post(url, json={"notes": "one"}, headers={"If-Match": tag}).status_code == 200
    assert api.post(url, json={"notes": "two"}, headers={"If-Match": tag}).status_code == 412
    assert api.get(f"/api/v1/work/{number}").json()["notes"] == "one"


def test_command(calcifer: Run, wiring: Wiring, web: Path, find: Find) -> None:
    number = factories.opened(wiring)
    assert calcifer("work", "edit", number, "--notes", "Tried it").code == 0
    assert find(number).notes == "Tried it"
