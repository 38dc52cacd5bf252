"""A dropped item is taken up again."""

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


def dropped(wiring: Wiring) -> tuple[int, str]:
    """Drop an item with a commit."""
    number = factories.opened(wiring)
    commit = factories.committed(wiring, number)
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, number)
    return number, commit


def test_branch_is_back_where_it_was(wiring: Wiring, web: Path, find: Find) -> None:
    number, commit = dropped(wiring)
    with wiring.units.write(OWNER) as uow:
        work.reopen(uow, number)
    assert factories.git(web, "rev-parse", f"work/{number}-pin-nginx") == commit
    assert factories.git(web, "for-each-ref", "refs/dropped") == ""
    assert find(number).state == "open"


def test_a_branch_of_the_same_name_holds_it(wiring: Wiring, web: Path) -> None:
    number, _ = dropped(wiring)
    factories.git(web, "branch", f"work/{number}-pin-nginx")
    with pytest.raises(Conflict, match="rename it"), wiring.units.write(OWNER) as uow:
        work.reopen(uow, number)


def test_open_and_completed_ones_are_refused(wiring: Wiring, web: Path) -> None:
    for number in (factories.completed(wiring), factories.opened(wiring)):
        with pytest.raises(Conflict), wiring.units.write(OWNER) as uow:
            work.reopen(uow, number)


def test_page_api_and_command(client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path) -> None:
    (one, _), (two, _), (three, _) = (dropped(wiring) for _ in range(3))
    assert client.post(f"/work/{one}/reopen").status_code == 200
    assert api.post(f"/api/v1/work/{two}/reopen").json()["state"] == "open"
    assert calcifer("work", "reopen", three).code == 0


def test_a_part_of_a_completed_parent_stays_dropped(wiring: Wiring, web: Path) -> None:
    parent = factories.opened(wiring, title="Move house", is_parent=True)
    part = factories.opened(wiring, parent=parent)
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, part)
    done = factories.opened(wiring, parent=parent)
    factories.committed(wiring, done)
    factories.finished(wiring, done)
    for number in (done, parent):
        with wiring.units.write(OWNER) as uow:
            work.complete(uow, number)
    with pytest.raises(Conflict, match="which is completed"), wiring.units.write(OWNER) as uow:
        work.reopen(uow, part)
