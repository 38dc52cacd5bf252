"""Folders that nobody should make a service of, and an adoption that is cut off or meets others."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from calcifer.accounts.permissions import NotAllowed
from calcifer.kit.uow import Actor
from calcifer.services import queries
from calcifer.services.planning import Wish
from calcifer.services.service import adoption
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import NewCommit
from tests.conftest import Git, Run
from tests.folders.conftest import Adopting, completed, ready
from tests.owner import OWNER
from tests.services.samples import NGINX, snapshot, stack
from tests.work import factories
from tests.work.dying import STEPS


def commit(git: Git, path: Path) -> None:
    git(path, "add", "-A")
    git(path, "commit", "-qm", "By hand")


@pytest.mark.parametrize("name", ["#odd", " odd", "odd\nname", "odd\u202ename", "back\\slash", "odd\udcff"])
def test_a_name_that_no_line_can_hold_is_left_out(
    name: str, repository: Path, adopt: Adopting, wiring: Wiring, git: Git
) -> None:
    stack(repository / name)
    commit(git, repository)
    refs = git(repository, "show-ref")
    report = adopt(repository / name, directories=None)
    assert not report.adopted
    assert len(report.left_out) + len(report.failed) == 1
    assert git(repository, "show-ref") == refs


def test_a_name_with_spaces_and_quotes(repository: Path, adopt: Adopting, wiring: Wiring, git: Git) -> None:
    stack(repository / "my 'odd' \"stack\" ü")
    commit(git, repository)
    assert adopt(repository, only=("my-odd-stack",)).adopted == ["my-odd-stack"]
    with wiring.units.read(OWNER) as uow:
        assert queries.get_service(uow.db, "my-odd-stack").folder == "my 'odd' \"stack\" ü"


def test_folders_in_each_other(repository: Path, adopt: Adopting, git: Git) -> None:
    stack(repository / "web" / "inner")
    commit(git, repository)
    report = adopt(repository / "web", repository / "web" / "inner", directories=False)
    assert report.adopted == ["web"]
    assert "lies in" in dict(report.left_out)[str(repository / "web" / "inner")]
    report = adopt(repository / "web" / "inner", directories=False)
    assert not report.adopted


def test_nothing_is_written_through_a_link(repository: Path, adopt: Adopting, git: Git, tmp_path: Path) -> None:
    away = stack(tmp_path / "away", compose=None)
    (repository / "web" / ".calcifer").symlink_to(away)
    commit(git, repository)
    before, refs = snapshot(repository), git(repository, "show-ref")
    report = adopt(repository, only=("web", "media"))
    assert not report.adopted
    assert "web/.calcifer is a link" in report.failed[0][1]
    assert (snapshot(repository), git(repository, "show-ref"), list(away.iterdir())) == (before, refs, [])


def test_the_list_as_a_link_or_a_folder_is_refused(repository: Path, adopt: Adopting, git: Git) -> None:
    (repository / ".calcifer").mkdir()
    (repository / ".calcifer" / "folders").symlink_to("../README.md")
    commit(git, repository)
    refs = git(repository, "show-ref")
    assert "is a link or a folder" in adopt(repository, only=("web",)).failed[0][1]
    git(repository, "rm", "-q", ".calcifer/folders")
    stack(repository / ".calcifer" / "folders")
    commit(git, repository)
    refs = git(repository, "show-ref")
    assert "is a link or a folder" in adopt(repository, only=("web",)).failed[0][1]
    assert git(repository, "show-ref") == refs


def test_only_owners_adopt_outside_of_the_workspace(repository: Path, home: Path) -> None:
    away = home.parent / "away"
    repository.rename(away)
    member = Actor("Bob", "bob@example.org", role="member")
    with pytest.raises(NotAllowed):
        adoption.check(member, home, Wish((str(away),), directories=True, in_place=True))


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_it_is_all_or_nothing_and_repeated(
    step: str, repository: Path, adopt: Adopting, wiring: Wiring, home: Path, git: Git
) -> None:
    before = snapshot(repository)
    wiring.units.close()
    child = os.fork()
    if child == 0:
        try:
            wiring.units.on_step = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == step else None
            adoption.carry_out(wiring.units, OWNER, home, Wish((str(repository),), directories=True, in_place=True))
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    wiring.units.replay()
    with wiring.units.read(OWNER) as uow:
        names = queries.list_names(uow.db)
    assert names in ([], ["db", "media", "stacks", "web"])
    refs = git(repository, "for-each-ref", "--format=%(refname)").split()
    assert len(refs) == (5 if names else 1)
    assert adopt(repository).failed == []
    assert git(repository, "rev-list", "--count", "main") == "2"
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "fsck", "--strict", "--no-dangling") == ""
    after = snapshot(repository)
    assert {path: after[path] for path in before} == before


def test_adopted_while_items_beside_complete(stacks: Path, wiring: Wiring, adopt: Adopting, git: Git) -> None:
    numbers = [ready(wiring, name, f"Change {name}") for name in ("web", "media", "db")]

    def act(number: int) -> object:
        if not number:
            return adopt(stacks, only=("stacks",)).adopted
        with wiring.units.write(OWNER) as uow:
            return work.complete(uow, number).merge

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(act, [*numbers, 0]))
    assert git(stacks, "status", "--porcelain") == ""
    with wiring.units.read(OWNER) as uow:
        assert {queries.get_service(uow.db, name).head for name in queries.list_names(uow.db)} == {
            git(stacks, "rev-parse", "main")
        }


def test_adopted_twice_at_once(repository: Path, adopt: Adopting, git: Git) -> None:
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: adopt(repository), range(4)))
    assert [report.failed for report in reports] == [[]] * 4
    assert git(repository, "rev-list", "--count", "main") == "2"
    assert git(repository, "status", "--porcelain") == ""


def test_an_item_that_removes_the_folder_leaves_its_changes(stacks: Path, wiring: Wiring, git: Git) -> None:
    number = factories.opened(wiring, "media", "Give it up")
    gone = [{"path": path, "content": None} for path in git(stacks, "ls-files", "media").split()]
    new = {"message": "Give it up", "entry": "Nobody watched.", "files": gone}
    with wiring.units.write(OWNER) as uow:
        work.commit(uow, number, NewCommit.model_validate(new))
    factories.finished(wiring, number)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert git(stacks, "ls-files", "media") == "media/CHANGES.md"
    assert "Nobody watched." in (stacks / "media" / "CHANGES.md").read_text()


def test_a_folder_becomes_a_file_or_a_link(stacks: Path, wiring: Wiring, git: Git, calcifer: Run) -> None:
    git(stacks, "rm", "-rq", "media")
    (stacks / "media").symlink_to("web")
    commit(git, stacks)
    assert calcifer("scan").code == 0
    with wiring.units.read(OWNER) as uow:
        assert queries.get_service(uow.db, "media").missing_since is not None
    completed(wiring, "web")


def test_a_bare_repository(home: Path, repository: Path, adopt: Adopting, wiring: Wiring, git: Git) -> None:
    git(home, "clone", "-q", "--bare", "stacks", "bare.git")
    bare = home / "bare.git"
    report = adopt(bare, only=("web",))
    assert (report.adopted, report.failed) == (["web"], [])
    assert "web/.calcifer/service.yaml" in git(bare, "ls-tree", "-r", "--name-only", "main")
    completed(wiring, "web")


def test_a_compose_file_is_enough(home: Path, adopt: Adopting, git: Git) -> None:
    path = home / "plain"
    stack(path / "one")
    (path / "one" / "catalog-info.yaml").write_text("metadata: {name: one, title: One}\n")
    git(path, "init", "-q", "-b", "main")
    commit(git, path)
    assert adopt(path).adopted == ["one"]
    assert (path / "one" / "compose.yaml").read_text() == NGINX
    assert not (path / "one" / ".calcifer").exists()
