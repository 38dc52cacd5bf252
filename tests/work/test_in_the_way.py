"""What lies in main's checkout and would keep it from following is refused before anything moves, and nothing is held."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.kit.errors import Conflict, Unavailable
from calcifer.kit.git import checkouts
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import NewCommit
from tests.owner import OWNER
from tests.work import factories


@pytest.fixture
def unmoved(wiring: Wiring, web: Path) -> Callable[[int, type[Exception], str], None]:
    """Complete an item, which must be refused with this sentence and leave main and checkout as they were."""

    def attempt(number: int, error: type[Exception], sentence: str) -> None:
        before = factories.git(web, "rev-parse", "main"), factories.git(web, "status", "--porcelain")
        with pytest.raises(error, match=sentence), wiring.units.write(OWNER) as uow:
            work.complete(uow, number)
        assert (factories.git(web, "rev-parse", "main"), factories.git(web, "status", "--porcelain")) == before
        with wiring.units.read(OWNER) as uow:
            assert factories.journal(uow.db) == []

    return attempt


Unmoved = Callable[[int, type[Exception], str], None]


def test_a_mode_changed_by_hand(wiring: Wiring, web: Path, unmoved: Unmoved) -> None:
    number = factories.ready(wiring)
    (web / "docker-compose.yml").chmod(0o755)
    unmoved(number, Conflict, "docker-compose.yml")


def test_modes_do_not_count_where_the_repository_keeps_none(wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring)
    factories.git(web, "config", "core.fileMode", "false")
    (web / "docker-compose.yml").chmod(0o755)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert factories.git(web, "status", "--porcelain") == ""


def test_a_pipe(wiring: Wiring, web: Path, unmoved: Unmoved) -> None:
    number = factories.opened(wiring)
    factories.committed(wiring, number, "text\n", "pipe")
    factories.finished(wiring, number)
    os.mkfifo(web / "pipe")
    unmoved(number, Conflict, "pipe")


def test_an_unfinished_merge_with_conflicts(wiring: Wiring, web: Path, unmoved: Unmoved) -> None:
    number = factories.ready(wiring)
    for branch in ("other", "main"):
        factories.git(web, "switch", "-q", *(["-c"] if branch == "other" else []), branch)
        (web / "README.md").write_text(f"{branch}\n")
        factories.git(web, "commit", "-q", "-a", "-m", branch)
    assert subprocess.run(["git", "merge", "other"], cwd=web, capture_output=True, check=False).returncode == 1
    unmoved(number, Conflict, "README.md .a merge is unfinished")


def test_a_lock_on_the_index(wiring: Wiring, web: Path, unmoved: Unmoved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkouts, "PATIENCE_SECONDS", 0.1)
    number = factories.ready(wiring)
    (web / ".git" / "index.lock").touch()
    unmoved(number, Unavailable, "index.lock")


@pytest.mark.parametrize("target", ["README.md", "elsewhere"])
def test_a_folder_that_becomes_a_link(wiring: Wiring, web: Path, unmoved: Unmoved, target: str) -> None:
    for folder in ("data", "elsewhere"):
        (web / folder).mkdir()
        (web / folder / "rows").write_text("rows\n")
    factories.git(web, "add", ".")
    factories.git(web, "commit", "-q", "-m", "Data")
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        tree = work.checkout(uow, number, wiring.settings.var / "worktrees")
    shutil.rmtree(tree / "data")
    (tree / "data").symlink_to(target)
    with wiring.units.write(OWNER) as uow:
        work.commit(uow, number, NewCommit(message="Link the data", entry="Link the data.", from_worktree=True))
    assert factories.git(tree, "status", "--porcelain") == ""
    factories.finished(wiring, number)
    (web / "data" / "mine").write_text("untracked\n")
    unmoved(number, Conflict, "data")
    (web / "data" / "mine").unlink()
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert (web / "data").is_symlink()
    assert factories.git(web, "status", "--porcelain") == ""


def test_a_link_where_a_folder_has_to_come(wiring: Wiring, web: Path, unmoved: Unmoved, tmp_path: Path) -> None:
    number = factories.opened(wiring)
    factories.committed(wiring, number, "text\n", "notes/new.txt")
    factories.finished(wiring, number)
    (web / "notes").symlink_to(tmp_path)
    unmoved(number, Conflict, "notes/new.txt")
    assert not (tmp_path / "new.txt").exists()
