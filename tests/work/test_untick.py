"""The mark is taken off a line."""

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


def test_page_api_and_command(
    client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path, find: Find
) -> None:
    numbers = [factories.opened(wiring) for _ in range(3)]
    for number in numbers:
        with wiring.units.write(OWNER) as uow:
            work.tick(uow, number, 1)
    one, two, three = numbers
    assert client.post(f"/work/{one}/untick", data={"line": "1"}).status_code == 200
    assert api.post(f"/api/v1/work/{two}/untick", json={"line": 1}).status_code == 200
    assert calcifer("work", "untick", three, 1).code == 0
    assert not any(line.done for number in numbers for line in find(number).checklist)


def test_a_dropped_item_does_not_change(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, number)
    with pytest.raises(Conflict, match="dropped"), wiring.units.write(OWNER) as uow:
        work.untick(uow, number, 1)
