"""A line is put elsewhere; the others keep their order."""

from pathlib import Path

from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import ChecklistText
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.conftest import Find


def test_order(wiring: Wiring, web: Path, find: Find) -> None:
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        work.add(uow, number, ChecklistText(text="Third"))
    texts = [line.text for line in find(number).checklist]
    with wiring.units.write(OWNER) as uow:
        work.move(uow, number, 3, 1)
    assert [line.text for line in find(number).checklist] == [texts[2], texts[0], texts[1]]


def test_page_api_and_command(
    client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path, find: Find
) -> None:
    number = factories.opened(wiring)
    texts = [line.text for line in find(number).checklist]
    assert client.post(f"/work/{number}/move", data={"line": "1", "to_line": "2"}).status_code == 200
    assert [line.text for line in find(number).checklist] == texts[::-1]
    assert api.post(f"/api/v1/work/{number}/move", json={"line": 1, "to": 2}).status_code == 200
    assert calcifer("work", "move", number, 1, 2).code == 0
    assert [line.text for line in find(number).checklist] == texts[::-1]
    assert calcifer("work", "move", number, 1, 7).code == 3
