"""A completed item is taken back by a new, linked one."""

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


def test_only_what_the_item_changed_goes_back(wiring: Wiring, web: Path, find: Find) -> None:
    first = factories.completed(wiring)
    with wiring.units.write(OWNER) as uow:
        number = work.revert(uow, first, "It broke the proxy.").number
    factories.finished(wiring, number)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert find(number).reverts == first
    assert (web / "docker-compose.yml").read_text() == factories.COMPOSE
    assert len(list((web / ".calcifer" / "work").iterdir())) == 2
    assert (web / "CHANGES.md").read_text().count("\n## ") == 2
    assert f"takes back #{first}" in next((web / ".calcifer" / "work").glob(f"{number:04d}-*")).read_text()


def test_what_was_changed_since_conflicts(wiring: Wiring, web: Path) -> None:
    first = factories.completed(wiring)
    factories.completed(wiring, content=factories.COMPOSE.replace("1.25", "1.28"))
    with pytest.raises(Conflict, match=r"docker-compose\.yml"), wiring.units.write(OWNER) as uow:
        work.revert(uow, first, "Back")


def test_an_open_item_cannot_be_taken_back(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    with pytest.raises(Conflict, match="not completed"), wiring.units.write(OWNER) as uow:
        work.revert(uow, number, "Back")


def test_page_api_and_command(client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path) -> None:
    number = factories.completed(wiring)
    assert "takes #1 back" in client.post(f"/work/{number}/revert", data={"why": "It broke"}).text
    assert api.post(f"/api/v1/work/{number}/revert", json={"reason": "It broke"}).json()["reverts"] == number
    assert calcifer("work", "revert", number, "-m", "It broke").code == 0
    assert client.post(f"/work/{number}/revert", data={"why": ""}).status_code == 422
