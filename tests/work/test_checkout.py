"""An item gets a worktree of its own."""

import shutil
from pathlib import Path

from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from calcifer.work import service as work
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories


def test_items_never_share_a_working_tree(wiring: Wiring, web: Path) -> None:
    one, two = factories.opened(wiring), factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        first = work.checkout(uow, one, wiring.settings.var / "worktrees")
        second = work.checkout(uow, two, wiring.settings.var / "worktrees")
    assert first != second
    assert factories.git(first, "branch", "--show-current") == f"work/{one}-pin-nginx"


def test_twice_is_the_same(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    paths = set()
    for _ in range(2):
        with wiring.units.write(OWNER) as uow:
            paths.add(work.checkout(uow, number, wiring.settings.var / "worktrees"))
    assert len(paths) == 1


def test_it_goes_when_the_item_completes(wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring)
    with wiring.units.write(OWNER) as uow:
        path = work.checkout(uow, number, wiring.settings.var / "worktrees")
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert not path.exists()
    assert len(factories.git(web, "worktree", "list").splitlines()) == 1


def test_page_api_and_command(client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    assert "The worktree is" in client.post(f"/work/{number}/checkout").text
    path = api.post(f"/api/v1/work/{number}/checkout").json()["path"]
    assert calcifer("work", "checkout", number).out.strip() == path
    assert calcifer("work", "checkout", number, "--json").json == {"path": path}


def test_one_whose_directory_is_gone_leaves_nothing_in_git(wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring)
    with wiring.units.write(OWNER) as uow:
        path = work.checkout(uow, number, wiring.settings.var / "worktrees")
    shutil.rmtree(path)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert len(factories.git(web, "worktree", "list").splitlines()) == 1
