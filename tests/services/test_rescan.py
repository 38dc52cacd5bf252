"""A service's row says what its main branch says."""

from pathlib import Path

import pytest

from calcifer.accounts.permissions import NotAllowed
from calcifer.kit.errors import Conflict, Invalid, NotFound
from calcifer.kit.git.trees import Blob
from calcifer.kit.uow import Actor
from calcifer.services import queries, service
from calcifer.wiring import Wiring
from tests.conftest import Git


@pytest.fixture
def web(home: Path, git: Git) -> Path:
    """A repository with one commit."""
    path = home / "web"
    git(home, "init", "-q", "-b", "main", "web")
    (path / "README.md").write_text("# The web\n\nWhat people see.\n")
    git(path, "add", ".")
    git(path, "commit", "-qm", "Begin")
    return path


def test_registering_reads_the_repository(wiring: Wiring, actor: Actor, web: Path, git: Git) -> None:
    with wiring.units.write(actor) as uow:
        service.register(uow, web)
    with wiring.units.read(actor) as uow:
        row = queries.get_service(uow.db, "web")
        assert (row.name, row.path, row.main_branch) == ("web", str(web), "main")
        assert row.head == row.baseline == git(web, "rev-parse", "HEAD")


def test_registering_twice_is_one_service(wiring: Wiring, actor: Actor, web: Path) -> None:
    with wiring.units.write(actor) as uow:
        first = service.register(uow, web)
        assert service.register(uow, web) is first


def test_a_name_is_taken_once(wiring: Wiring, actor: Actor, web: Path, home: Path, git: Git) -> None:
    git(home, "init", "-q", "other")
    with pytest.raises(Conflict, match=r"'web' already, at .*web"), wiring.units.write(actor) as uow:
        service.register(uow, web)
        service.register(uow, home / "other", name="web")


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "-x", "é", "a" * 101, "x/y", "x\n"])
def test_a_bad_name_is_invalid(wiring: Wiring, actor: Actor, web: Path, name: str) -> None:
    with pytest.raises(Invalid), wiring.units.write(actor) as uow:
        service.register(uow, web, name=name)


def test_a_stranger_may_not(wiring: Wiring, web: Path) -> None:
    with pytest.raises(NotAllowed), wiring.units.write(Actor("", "", "nobody")) as uow:
        service.register(uow, web)


def test_what_is_no_repository_is_not_found(wiring: Wiring, actor: Actor, home: Path) -> None:
    with pytest.raises(NotFound), wiring.units.write(actor) as uow:
        service.register(uow, home / "nothing")


@pytest.mark.parametrize(
    ("directory", "name"), [("My Service!", "my-service"), ("x.git", "x"), ("..", "service"), ("_a__B", "a__b")]
)
def test_a_directory_gives_a_name(directory: str, name: str) -> None:
    assert service.name_of(Path("/w") / directory) == name


def test_a_repository_without_commits_has_no_head(wiring: Wiring, actor: Actor, home: Path, git: Git) -> None:
    git(home, "init", "-q", "-b", "trunk", "empty")
    with wiring.units.write(actor) as uow:
        row = service.register(uow, home / "empty")
        assert (row.main_branch, row.head, row.baseline) == ("trunk", None, None)


def test_main_comes_before_what_head_names(wiring: Wiring, actor: Actor, web: Path, git: Git) -> None:
    git(web, "checkout", "-qb", "feature")
    with wiring.units.write(actor) as uow:
        assert service.register(uow, web).main_branch == "main"


def test_a_bare_repository_is_named_without_git(wiring: Wiring, actor: Actor, web: Path, home: Path, git: Git) -> None:
    git(home, "clone", "-q", "--bare", "web", "bare.git")
    git(home / "bare.git", "branch", "-m", "main", "trunk")
    with wiring.units.write(actor) as uow:
        row = service.register(uow, home / "bare.git")
        assert (row.name, row.main_branch) == ("bare", "trunk")


def test_what_the_unit_proposes_is_read(wiring: Wiring, actor: Actor, web: Path) -> None:
    with wiring.units.write(actor) as uow:
        row = service.register(uow, web)
        repository = uow.refs.open(web)
        head = row.head
        assert head is not None
        record = {".calcifer/work/0042-pin.md": Blob(repository.write_blob(b"x"))}
        commit = repository.write_commit(repository.edit(head, record), [head], "Pin", actor.person, uow.now)
        repository.propose("refs/heads/main", head, commit)
        service.rescan(uow, row)
        assert (row.head, row.highest_number) == (commit, 42)


def test_numbers_come_from_refs_too(wiring: Wiring, actor: Actor, web: Path, git: Git) -> None:
    git(web, "update-ref", "refs/calcifer/items/7", "HEAD")
    git(web, "update-ref", "refs/dropped/9", "HEAD")
    git(web, "update-ref", "refs/dropped/99999999999", "HEAD")
    with wiring.units.write(actor) as uow:
        assert service.register(uow, web).highest_number == 9


def test_a_renamed_main_is_found(wiring: Wiring, actor: Actor, web: Path, git: Git) -> None:
    git(web, "branch", "-m", "main", "master")
    with wiring.units.write(actor) as uow:
        row = service.register(uow, web)
    git(web, "branch", "-m", "master", "main")
    with wiring.units.write(actor) as uow:
        row = queries.get_service(uow.db, "web")
        service.rescan(uow, row)
        assert row.main_branch == "main"
