"""SIGKILL at every step of every verb: after the restart either nothing or everything has happened, everywhere."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.uow import UnitOfWork
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.schemas import FileContent, NewCommit, NewItem
from tests.owner import OWNER
from tests.work import factories
from tests.work.dying import STEPS, killed_at

pytestmark = pytest.mark.every_input

LATE = STEPS[STEPS.index("database committed") :]


@dataclass(frozen=True)
class Look:
    """What can be seen of one repository and its items, from outside."""

    refs: frozenset[str]
    items: frozenset[tuple[int, str]]
    files: frozenset[tuple[str, str]]
    status: str


def look(wiring: Wiring, path: Path) -> Look:
    """Read it all, and assert that git finds nothing wrong and no lock is left."""
    factories.git(path, "fsck", "--strict")
    deadline = time.monotonic() + 10
    while locks := list((path / ".git").rglob("*.lock")):  # git lets go of them when it sees that its caller is dead
        assert time.monotonic() < deadline, locks
        time.sleep(0.01)
    with wiring.units.read(OWNER) as uow:
        items = [(item.number, item.state) for item in queries.list_items(uow.db, queries.Filters())]
        assert not factories.journal(uow.db)
    refs = factories.git(path, "for-each-ref", "--format=%(refname)").splitlines()
    files = [(file.name, file.read_text()) for file in path.iterdir() if file.is_file()]
    return Look(frozenset(refs), frozenset(items), frozenset(files), factories.git(path, "status", "--porcelain"))


def begin(wiring: Wiring) -> Path:
    """Make a service whose checkout has an edited, an untracked and an ignored file."""
    path = factories.service(wiring)
    (path / "README.md").write_text("edited\n")
    (path / "untracked").write_text("mine\n")
    (path / ".env").write_text("SECRET=1\n")
    return path


def open_another(uow: UnitOfWork) -> None:
    """Open."""
    work.open(uow, NewItem(title="Another", reason="Because", service="web"))


def commit_to(number: int) -> Callable[[UnitOfWork], object]:
    """Commit."""
    new = NewCommit(message="More", entry="More.", files=[FileContent(path="more.txt", content="more\n")])
    return lambda uow: work.commit(uow, number, new)


def complete_it(number: int) -> Callable[[UnitOfWork], object]:
    """Complete."""
    return lambda uow: work.complete(uow, number)


def drop_it(number: int) -> Callable[[UnitOfWork], object]:
    """Drop."""
    return lambda uow: work.drop(uow, number)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("verb", ["open", "commit", "complete", "drop"])
def test_either_nothing_or_everything_has_happened(wiring: Wiring, verb: str, step: str) -> None:
    path = begin(wiring)
    number = factories.ready(wiring)
    acts = {"open": open_another, "commit": commit_to(number), "complete": complete_it(number), "drop": drop_it(number)}
    before = look(wiring, path)
    head = factories.git(path, "rev-parse", f"work/{number}-pin-nginx")
    killed_at(wiring, step, acts[verb])
    wiring.units.replay()
    after = look(wiring, path)
    if verb == "commit":
        moved = factories.git(path, "rev-parse", f"work/{number}-pin-nginx") != head
        assert moved == (step in LATE)
        assert after == before
    elif step in LATE:
        assert after != before
        happened(path, after, verb, number)
    else:
        assert after == before
    assert after.status.split() == ["M", "README.md", "??", "untracked"]
    assert (path / ".env").read_text() == "SECRET=1\n"


def happened(path: Path, after: Look, verb: str, number: int) -> None:
    """Assert that all of the verb is there, not a part."""
    if verb == "open":
        assert (number + 1, "open") in after.items
        assert {f"refs/calcifer/items/{number + 1}", f"refs/heads/work/{number + 1}-another"} <= after.refs
    elif verb == "complete":
        assert after.items == {(number, "completed")}
        assert after.refs == {"refs/heads/main", "refs/calcifer/adopted"}
        assert "1.27" in (path / "docker-compose.yml").read_text()
        assert f"(#{number})" in (path / "CHANGES.md").read_text()
        assert (path / ".calcifer" / "work" / f"{number:04d}-pin-nginx.md").is_file()
    else:
        assert after.items == {(number, "dropped")}
        kept = {f"refs/dropped/{number}", f"refs/calcifer/items/{number}"}
        assert after.refs == {"refs/heads/main", "refs/calcifer/adopted"} | kept


def test_main_moved_by_hand_after_the_kill_opens_the_item_again_with_a_notice(wiring: Wiring) -> None:
    path = factories.service(wiring)
    number = factories.ready(wiring)
    killed_at(wiring, "database committed", complete_it(number))
    factories.git(path, "commit", "-q", "--allow-empty", "-m", "By hand")
    tip = factories.git(path, "rev-parse", "main")
    wiring.units.replay()
    assert factories.git(path, "rev-parse", "main") == tip
    with wiring.units.read(OWNER) as uow:
        item = queries.get_item(uow.db, number)
        assert item.state == "open"
        assert "moved by somebody else" in (item.notice or "")
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert factories.git(path, "status", "--porcelain") == ""


def test_a_worktree_stays_where_the_completion_is_lost(wiring: Wiring) -> None:
    path = factories.service(wiring)
    number = factories.ready(wiring)
    with wiring.units.write(OWNER) as uow:
        tree = work.checkout(uow, number, wiring.settings.var / "worktrees")
    killed_at(wiring, "database committed", complete_it(number))
    factories.git(path, "commit", "-q", "--allow-empty", "-m", "By hand")
    wiring.units.replay()
    assert factories.git(tree, "status", "--porcelain") == ""


def test_main_that_went_on_from_the_merge_does_not_open_the_item_again(wiring: Wiring) -> None:
    path = factories.service(wiring)
    number = factories.ready(wiring)
    killed_at(wiring, "refs committed", complete_it(number))
    pushed = factories.git(path, "commit-tree", "main^{tree}", "-p", "main", "-m", "Pushed on top")
    factories.git(path, "update-ref", "refs/heads/main", pushed)
    wiring.units.replay()
    with wiring.units.read(OWNER) as uow:
        assert queries.get_item(uow.db, number).state == "completed"
    assert factories.git(path, "status", "--porcelain") == ""


def test_a_lock_that_a_power_cut_left_holds_one_repository_and_no_other(wiring: Wiring, client: TestClient) -> None:
    path = factories.service(wiring)
    number = factories.ready(wiring)
    killed_at(wiring, "database committed", complete_it(number))
    lock = path / ".git" / "refs" / "heads" / "main.lock"
    while lock.exists():
        time.sleep(0.01)  # git takes its own away as soon as it hears that its caller is gone
    lock.touch()
    factories.service(wiring, "other")
    assert factories.opened(wiring, "other") > number
    with wiring.units.read(OWNER) as uow:
        (row,) = factories.journal(uow.db)
    assert "main.lock" in (row.held or "")
    assert "has not happened in the repository yet" in client.get(f"/work/{number}").text
    assert "Not in git yet" in client.get("/").text
    lock.unlink()
    wiring.units.replay()
    assert "1.27" in (path / "docker-compose.yml").read_text()
    assert factories.git(path, "status", "--porcelain") == ""
    assert "Not in git yet" not in client.get("/").text
