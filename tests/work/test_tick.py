"""A line of the checklist is marked as done, with who and when."""

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


def test_who_and_when_are_kept(wiring: Wiring, web: Path, find: Find) -> None:
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        work.tick(uow, number, 1)
    line = find(number).checklist[0]
    assert line.done_by == OWNER.name
    assert line.done_at is not None


@pytest.mark.parametrize("line", [0, -1, 3, 10**12])
def test_an_index_out_of_range_is_told(wiring: Wiring, web: Path, line: int) -> None:
    number = factories.opened(wiring)
    with pytest.raises(NotFound, match="lines 1 to 2"), wiring.units.write(OWNER) as uow:
        work.tick(uow, number, line)


def test_page_api_and_command(
    client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path, find: Find
) -> None:
    one, two, three = (factories.opened(wiring) for _ in range(3))
    assert client.post(f"/work/{one}/tick", data={"line": "1"}).status_code == 200
    assert api.post(f"/api/v1/work/{two}/tick", json={"line": 1}).status_code == 200
    assert calcifer("work", "tick", three, 1).code == 0
    assert all(find(number).checklist[0].done for number in (one, two, three))
    assert client.post(f"/work/{one}/tick", data={"line": "9"}).status_code == 404
    assert api.post(f"/api/v1/work/{two}/tick", json={"line": 9}).status_code == 404
    assert calcifer("work", "tick", three, 9).code == 3
