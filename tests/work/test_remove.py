"""A line is taken off the checklist."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.errors import NotFound
from calcifer.wiring import Wiring
from calcifer.work import service as work
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.conftest import Find


def test_page_api_and_command(
    client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path, find: Find
) -> None:
    one, two, three = (factories.opened(wiring) for _ in range(3))
    assert client.post(f"/work/{one}/remove", data={"line": "1"}).status_code == 200
    assert api.post(f"/api/v1/work/{two}/remove", json={"line": 1}).status_code == 200
    assert calcifer("work", "remove", three, 1).code == 0
    assert [len(find(number).checklist) for number in (one, two, three)] == [1, 1, 1]


def test_an_empty_list_says_so(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        work.remove(uow, number, 1)
        work.remove(uow, number, 1)
    with pytest.raises(NotFound, match="is empty"), wiring.units.write(OWNER) as uow:
        work.remove(uow, number, 1)
