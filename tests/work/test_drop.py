"""An item is given up; its commits are kept."""

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


def test_commits_are_kept_under_refs_dropped(wiring: Wiring, web: Path, find: Find) -> None:
    number = factories.opened(wiring)
    commit = factories.committed(wiring, number)
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, number)
    assert factories.git(web, "rev-parse", f"refs/dropped/{number}") == commit
    assert factories.git(web, "branch", "--list", "work/*") == ""
    assert find(number).state == "dropped"


def test_a_worktree_with_edits_holds_it(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        tree = work.checkout(uow, number, wiring.settings.var / "worktrees")
    (tree / "new").write_text("mine\n")
    with pytest.raises(Conflict, match="uncommitted edits"), wiring.units.write(OWNER) as uow:
        work.drop(uow, number)
    assert (tree / "new").read_text() == "mine\n"


def test_ignored_files_of_a_worktree_are_kept_aside(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        tree = work.checkout(uow, number, wiring.settings.var / "worktrees")
    (tree / ".env").write_text("SECRET=1\n")
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, number)
    assert not tree.exists()
    (kept,) = (wiring.settings.var / "backups" / "worktrees").glob("*/.env")
    assert kept.read_text() == "SECRET=1\n"


def test_a_branch_that_somebody_deleted_is_kept_all_the_same(wiring: Wiring, web: Path, find: Find) -> None:
    number = factories.opened(wiring)
    commit = factories.committed(wiring, number)
    factories.git(web, "branch", "-q", "-D", f"work/{number}-pin-nginx")
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, number)
    assert factories.git(web, "rev-parse", f"refs/dropped/{number}") == commit
    with wiring.units.write(OWNER) as uow:
        work.reopen(uow, number)
    assert factories.git(web, "rev-parse", f"work/{number}-pin-nginx") == commit


def test_commits_that_git_has_pruned_do_not_hold_it(wiring: Wiring, web: Path, find: Find) -> None:
    number = factories.opened(wiring)
    factories.committed(wiring, number)
    factories.git(web, "branch", "-q", "-D", f"work/{number}-pin-nginx")
    factories.git(web, "gc", "-q", "--prune=now")
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, number)
    assert find(number).state == "dropped"


def test_page_api_and_command(
    client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path, find: Find
) -> None:
    one, two, three = (factories.opened(wiring) for _ in range(3))
    assert client.post(f"/work/{one}/drop").status_code == 200
    assert api.post(f"/api/v1/work/{two}/drop").json()["state"] == "dropped"
    assert calcifer("work", "drop", three).code == 0
    assert {find(number).state for number in (one, two, three)} == {"dropped"}
    assert api.post(f"/api/v1/work/{two}/drop").status_code == 409


def test_a_worktree_without_anything_of_its_own_leaves_nothing(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    factories.committed(wiring, number)
    with wiring.units.write(OWNER) as uow:
        tree = work.checkout(uow, number, wiring.settings.var / "worktrees")
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, number)
    assert not tree.exists()
    assert not list(wiring.settings.var.glob("backups/worktrees/*"))
