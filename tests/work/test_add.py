"""A line is added to the checklist."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.errors import Conflict
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import ChecklistText
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.conftest import Find


def test_page_api_and_command(
    client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path, find: Find
) -> None:
    number = factories.opened(wiring)
    assert client.post(f"/work/{number}/add", data={"text": "One more"}).status_code == 200
    assert api.post(f"/api/v1/work/{number}/add", json={"text": "And one"}).status_code == 200
    assert calcifer("work", "add", number, "Last").code == 0
    assert [line.text for line in find(number).checklist][2:] == ["One more", "And one", "Last"]


def test_an_empty_or_long_line_is_refused(client: TestClient, wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    assert client.post(f"/work/{number}/add", data={"text": " "}).status_code == 422
    assert client.post(f"/work/{number}/add", data={"text": "x" * 201}).status_code == 422


def test_a_list_has_an_end(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    with pytest.raises(Conflict, match="at most"), wiring.units.write(OWNER) as uow:
        for n in range(200):
            work.add(uow, number, ChecklistText(text=f"Line {n}"))
