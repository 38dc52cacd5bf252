"""How a service was adopted stands in its repository, for the day on which there is no database."""

from pathlib import Path

from calcifer.kit.git.repository import Repository
from calcifer.services import adopted, queries
from calcifer.services.service.scanning import look
from calcifer.wiring import Wiring
from tests.owner import OWNER
from tests.work import factories
from tests.work.factories import git


def test_it_is_written_where_it_is_adopted(wiring: Wiring) -> None:
    path = factories.service(wiring)
    note = adopted.read(Repository(path))
    with wiring.units.read(OWNER) as uow:
        web = queries.get_service(uow.db, "web")
        expected = adopted.Adopted("web", "main", web.baseline, web.adopted_at, OWNER.name)
    assert note == expected
    assert note.baseline == git(path, "rev-parse", "main")
    git(path, "fsck", "--strict")


def test_a_scan_writes_what_is_missing_and_leaves_what_is_there(wiring: Wiring) -> None:
    path = factories.service(wiring)
    before = adopted.read(Repository(path))
    git(path, "update-ref", "-d", adopted.REF)
    git(path, "commit", "-q", "--allow-empty", "-m", "By hand")
    assert look(wiring.units, OWNER, wiring.settings.home).changed == ["web"]
    assert adopted.read(Repository(path)) == before
    tip = git(path, "rev-parse", adopted.REF)
    git(path, "commit", "-q", "--allow-empty", "-m", "By hand again")
    assert look(wiring.units, OWNER, wiring.settings.home).changed == ["web"]
    assert look(wiring.units, OWNER, wiring.settings.home).changed == []
    assert git(path, "rev-parse", adopted.REF) == tip


def test_without_a_commit_the_first_one_becomes_the_baseline(wiring: Wiring) -> None:
    path = wiring.settings.home / "empty"
    git(wiring.settings.home, "init", "-q", "-b", "main", "empty")
    factories.register(wiring, path)
    note = adopted.read(Repository(path))
    assert note is not None
    assert note.baseline is None
    git(path, "commit", "-q", "--allow-empty", "-m", "Begin")
    look(wiring.units, OWNER, wiring.settings.home)
    again = adopted.read(Repository(path))
    assert again is not None
    assert (again.at, again.baseline) == (note.at, git(path, "rev-parse", "main"))


def test_a_lock_that_is_in_the_way_keeps_nothing_from_being_adopted(wiring: Wiring) -> None:
    path: Path = wiring.settings.home / "web"
    git(wiring.settings.home, "init", "-q", "-b", "main", "web")
    git(path, "commit", "-q", "--allow-empty", "-m", "Begin")
    lock = path / ".git" / f"{adopted.REF}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    factories.register(wiring, path)
    assert adopted.read(Repository(path)) is None
    lock.unlink()
    look(wiring.units, OWNER, wiring.settings.home)
    assert adopted.read(Repository(path)) is not None
