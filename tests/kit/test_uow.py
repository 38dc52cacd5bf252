"""Database, refs and checkouts move as one, whenever the process dies."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from calcifer.kit.errors import Conflict
from calcifer.kit.git.checkouts import CheckoutInTheWay
from calcifer.kit.git.moves import BranchMoved, RefMove, prepared
from calcifer.kit.git.repository import HEADS, Repository
from calcifer.kit.git.trees import Blob
from tests.kit.spike import ACTOR, STEPS, change, units

pytestmark = pytest.mark.every_input


def git(path: Path, *args: str) -> str:
    """Run git as a person would."""
    return subprocess.run(["git", "-C", str(path), *args], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A database with one table beside two repositories that hold an edited, an untracked and an ignored file."""
    database = units(tmp_path).database
    with database.writing() as session:
        session.execute(text("CREATE TABLE marks (number INTEGER PRIMARY KEY)"))
        session.execute(
            text("CREATE TABLE journal (id INTEGER PRIMARY KEY, at DATETIME, plan VARCHAR NOT NULL, held VARCHAR)")
        )
        session.commit()
    for name in ("one", "two"):
        path = tmp_path / name
        git(tmp_path, "init", "-q", "-b", "main", name)
        git(path, "config", "user.name", "Ada")
        git(path, "config", "user.email", "ada@example.org")
        for file, content in (("number", "0\n"), ("edited", "as committed\n"), (".gitignore", ".env\n")):
            (path / file).write_text(content)
        git(path, "add", ".")
        git(path, "commit", "-qm", "Begin")
        (path / "edited").write_text("by hand\n")
        (path / "untracked").write_text("mine\n")
        (path / ".env").write_text("SECRET=1\n")
    return tmp_path


def agree(home: Path) -> set[int]:
    """Assert that database, refs and checkouts tell the same, and return the numbers that they tell of."""
    with units(home).database.reading() as session:
        marks = set(session.scalars(text("SELECT number FROM marks")))
        assert session.scalar(text("SELECT count(*) FROM journal")) == 0
    for name in ("one", "two"):
        path = home / name
        assert {int(n) for n in git(path, "ls-tree", "--name-only", "main:").split() if n.isdigit()} == set()
        committed = git(path, "ls-tree", "-r", "--name-only", "main").split()
        assert {int(n.removeprefix("more/")) for n in committed if n.startswith("more/")} == marks
        refs = git(path, "for-each-ref", "--format=%(refname:lstrip=3)", "refs/calcifer/items").split()
        assert {int(ref) for ref in refs} == marks
        assert git(path, "status", "--porcelain") == "M edited\n?? untracked"
        assert (path / "number").read_text() == git(path, "show", "main:number") + "\n"
        assert (path / ".env").read_text() == "SECRET=1\n"
        assert (path / "untracked").read_text() == "mine\n"
        git(path, "fsck", "--strict")
        deadline = time.monotonic() + 30
        while locks := list(
            (path / ".git").rglob("*.lock")
        ):  # git lets go of them when it sees that its caller is dead
            assert time.monotonic() < deadline, locks
            time.sleep(0.01)
    return marks


def begin(home: Path, step: str, number: int) -> subprocess.Popen[bytes]:
    """Start one change in a process of its own."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "tests.kit.spike", str(home), step, str(number)]
    return subprocess.Popen(command, env=env, cwd=Path(__file__).parents[2])


def run_and_die(home: Path, step: str, number: int) -> int:
    """Run one change in a process of its own that dies at `step`."""
    return begin(home, step, number).wait()


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_either_nothing_or_everything_has_happened(home: Path, step: str) -> None:
    assert run_and_die(home, step, 7) == -9
    units(home).replay()
    happened = STEPS.index(step) >= STEPS.index("database committed")
    assert agree(home) == ({7} if happened else set())
    change(units(home), home, 8)
    assert 8 in agree(home)


def test_the_next_writer_finishes_what_a_killed_one_began(home: Path) -> None:
    run_and_die(home, "database committed", 1)
    change(units(home), home, 2)
    assert agree(home) == {1, 2}


def test_killed_at_random_moments_in_a_loop(home: Path) -> None:
    chance = random.Random()  # the seed is random on purpose: each run tries other moments
    for number in range(1, 9):
        (home / "var" / "write.lock").unlink(missing_ok=True)
        process = begin(home, "", number)
        while not (home / "var" / "write.lock").exists():
            assert process.poll() is None
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.12))
        process.kill()
        process.wait()
        units(home).replay()
        agree(home)


def test_a_branch_moved_by_somebody_else_after_the_kill_is_not_forced(home: Path) -> None:
    run_and_die(home, "database committed", 1)
    git(home / "one", "commit", "-q", "--allow-empty", "-m", "By hand")
    tip = git(home / "one", "rev-parse", "main")
    units(home).replay()
    assert git(home / "one", "rev-parse", "main") == tip


def test_a_unit_that_raises_leaves_nothing(home: Path) -> None:
    with pytest.raises(RuntimeError), units(home).write(ACTOR) as uow:
        uow.db.execute(text("INSERT INTO marks (number) VALUES (1)"))
        repository = uow.refs.open(home / "one")
        repository.propose(HEADS + "new", None, repository.branch("main"))
        raise RuntimeError
    assert agree(home) == set()


def test_a_reading_unit_cannot_write(home: Path) -> None:
    with units(home).read(ACTOR) as uow, pytest.raises(Exception, match="readonly"):
        uow.db.execute(text("INSERT INTO marks (number) VALUES (1)"))


def test_a_checkout_in_the_way_stops_everything(home: Path) -> None:
    (home / "two" / "number").write_text("mine\n")
    with pytest.raises(CheckoutInTheWay, match="number"):
        change(units(home), home, 1)
    (home / "two" / "number").write_text("0\n")
    assert agree(home) == set()


def test_an_ignored_file_is_never_overwritten(home: Path) -> None:
    with pytest.raises(CheckoutInTheWay, match=r"\.env"), units(home).write(ACTOR) as uow:
        repository = uow.refs.open(home / "one")
        tip = repository.branch("main")
        assert tip
        tree = repository.edit(tip, {".env": Blob(repository.write_blob(b"theirs"))})
        commit = repository.write_commit(tree, [tip], "Take .env", ACTOR.person, uow.now)
        repository.propose(HEADS + "main", tip, commit)
    assert (home / "one" / ".env").read_text() == "SECRET=1\n"


def test_identical_content_in_a_checkout_passes(home: Path) -> None:
    (home / "one" / "number").write_text("1\n")
    (home / "one" / "more").mkdir()
    (home / "one" / "more" / "1").write_text("1\n")
    change(units(home), home, 1)
    assert agree(home) == {1}


def test_two_moves_of_one_ref_become_one(home: Path) -> None:
    repository = Repository(home / "one")
    tip = repository.branch("main")
    repository.propose("refs/heads/x", None, tip)
    assert repository.branch("x") == tip
    repository.propose("refs/heads/x", tip, None)
    assert repository.moves == {}


def test_a_ref_that_is_elsewhere_is_refused(home: Path) -> None:
    tip = git(home / "one", "rev-parse", "main")
    with pytest.raises(BranchMoved):
        prepared(home / "one", [RefMove("refs/heads/main", "1" * 40, tip)])
    with pytest.raises(BranchMoved):
        prepared(home / "one", [RefMove("refs/heads/main", None, tip)])


def test_a_branch_that_blocks_another_is_named(home: Path) -> None:
    tip = git(home / "one", "rev-parse", "main")
    git(home / "one", "branch", "work")
    with pytest.raises(Conflict, match=r"'work' in one is in the way of 'work/1-x'"):
        prepared(home / "one", [RefMove("refs/heads/work/1-x", None, tip)])


def test_a_row_that_a_power_cut_brought_back_does_nothing_again(home: Path) -> None:
    with units(home).database.reading() as session:
        before = session.scalar(text("SELECT count(*) FROM journal"))
    run_and_die(home, "database committed", 1)
    with units(home).database.reading() as session:
        row = session.execute(text("SELECT id, at, plan FROM journal")).one()
    units(home).replay()
    for name in ("one", "two"):
        (home / name / "number").write_text("by hand\n")
        git(home / name, "commit", "-q", "-m", "By hand", "number")
    tips = [git(home / name, "rev-parse", "main") for name in ("one", "two")]
    with units(home).database.writing() as session:
        session.execute(text("INSERT INTO journal (id, at, plan) VALUES (:id, :at, :plan)"), row._asdict())
        session.commit()
    units(home).replay()
    with units(home).database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM journal")) == before
    assert [git(home / name, "rev-parse", "main") for name in ("one", "two")] == tips
    assert (home / "one" / "number").read_text() == "by hand\n"
    assert git(home / "one", "status", "--porcelain") == "M edited\n?? untracked"


def test_one_damaged_repository_does_not_keep_everybody_waiting(home: Path) -> None:
    run_and_die(home, "refs committed", 1)
    broken = git(home / "one", "rev-parse", "main^{tree}")
    (home / "one" / ".git" / "objects" / broken[:2] / broken[2:]).write_bytes(b"power cut")
    units(home).replay()
    with units(home).database.reading() as session:
        assert str(home / "one") in (session.scalar(text("SELECT held FROM journal")) or "")
    assert git(home / "two", "status", "--porcelain") == "M edited\n?? untracked"
