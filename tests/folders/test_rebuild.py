"""Without the database everything about services that are folders comes back from their repository."""

from pathlib import Path

from starlette.testclient import TestClient

from calcifer.doctor import examination
from calcifer.kit.diagnosis import Ward
from calcifer.rebuild import service
from calcifer.services import queries as catalog
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.schemas import Claim
from tests.conftest import Git, Run
from tests.folders.conftest import Adopting, completed, ready
from tests.folders.test_strays import by_hand, waiting
from tests.owner import OWNER
from tests.rebuild.conftest import delete
from tests.rebuild.operations import tables


def test_what_git_says_comes_back(stacks: Path, wiring: Wiring, adopt: Adopting, calcifer: Run, git: Git) -> None:
    adopt(stacks, only=("stacks",))
    for name in ("web", "media"):
        completed(wiring, name)
    ready(wiring, "db")
    by_hand(git, stacks, "web/new", "media/new")
    by_hand(git, stacks, "db/new")
    by_hand(git, stacks, "common.env.example")
    assert set(waiting(wiring, calcifer)) == {"web", "media", "db", "stacks"}
    with wiring.units.write(OWNER) as uow:
        work.claim(uow, Claim(service="web", reason="It was urgent."))
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, 3)
    calcifer("scan")
    found, report = service.check(wiring.settings, OWNER)
    assert (found, report.unread, report.strays) == ([], [], 2)
    before = tables(wiring.units.database)
    delete(wiring)
    report = service.rebuild(wiring.settings, OWNER)
    assert (report.services, report.completed, report.open, report.dropped, report.strays) == (4, 2, 1, 1, 2)
    assert report.unread == []
    after = tables(wiring.units.database)
    assert after == before
    with wiring.units.read(OWNER) as uow:
        assert {number: queries.get_item(uow.db, number).service.name for number in (1, 2, 3, 4)} == {
            1: "web", 2: "media", 3: "db", 4: "web",
        }  # fmt: skip
        assert sorted(stray.service.name for stray in queries.list_strays(uow.db)) == ["db", "stacks"]


def test_after_a_completion_both_say_the_same(stacks: Path, wiring: Wiring) -> None:
    completed(wiring, "web")
    assert service.check(wiring.settings, OWNER)[0] == []


def test_after_ordinary_work_both_say_the_same(stacks: Path, wiring: Wiring) -> None:
    completed(wiring, "web")
    ready(wiring, "media")
    assert service.check(wiring.settings, OWNER)[0] == []
    number = ready(wiring, "db")
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, number)
    assert service.check(wiring.settings, OWNER)[0] == []


def test_a_number_that_only_the_repository_has_is_a_difference(stacks: Path, wiring: Wiring, git: Git) -> None:
    completed(wiring, "web")
    git(stacks, "update-ref", "refs/calcifer/items/7", "main")
    found = [one for one in service.check(wiring.settings, OWNER)[0] if one.field == "highest_number"]
    assert [(one.what, one.database, one.repositories) for one in found] == [
        (f"service {name}", "1", "7") for name in ("db", "media", "web")
    ]


def test_a_folder_that_is_gone_keeps_its_items(stacks: Path, wiring: Wiring, git: Git) -> None:
    number = completed(wiring, "media")
    git(stacks, "rm", "-rq", "media")
    git(stacks, "commit", "-qm", "Give media up")
    delete(wiring)
    assert service.rebuild(wiring.settings, OWNER).unread == []
    with wiring.units.read(OWNER) as uow:
        assert catalog.get_service(uow.db, "media").missing_since is not None
        assert queries.get_item(uow.db, number).service.name == "media"


def test_a_clone_without_our_refs_is_found_by_its_list(stacks: Path, wiring: Wiring, home: Path, git: Git) -> None:
    number = completed(wiring, "media")
    git(home, "clone", "-q", "--no-local", "stacks", "copy")
    stacks.rename(home.parent / "away")
    (home / "copy").rename(home / "stacks")
    delete(wiring)
    assert service.rebuild(wiring.settings, OWNER).unread == []
    with wiring.units.read(OWNER) as uow:
        assert catalog.list_names(uow.db) == ["db", "media", "web"]
        assert queries.get_item(uow.db, number).service.name == "media"


def test_outside_of_the_workspace_too(repository: Path, wiring: Wiring, adopt: Adopting, home: Path) -> None:
    away = home.parent / "elsewhere" / "stacks"
    away.parent.mkdir()
    repository.rename(away)
    assert adopt(away, only=("web", "media")).adopted == ["media", "web"]
    delete(wiring)
    assert service.rebuild(wiring.settings, OWNER).unread == []
    with wiring.units.read(OWNER) as uow:
        assert catalog.get_service(uow.db, "web").place == str(away / "web")


def test_the_doctor_finds_nothing(stacks: Path, wiring: Wiring, client: TestClient) -> None:
    completed(wiring, "web")
    number = ready(wiring, "media")
    ready(wiring, "db")
    with wiring.units.write(OWNER) as uow:
        work.checkout(uow, number, wiring.settings.var / "worktrees")
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, number + 1)
    ward = Ward(wiring.settings.home, wiring.settings.var, wiring.units, OWNER)
    assert examination.examine(ward).found == []
