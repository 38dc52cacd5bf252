"""One repository with many services becomes many repositories, each with its own history; the source stays as it is."""

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.kit.uow import Actor
from calcifer.services import queries
from calcifer.services.planning import Wish
from calcifer.services.service import adoption
from calcifer.services.service.adoption import Report
from calcifer.wiring import Wiring
from tests.conftest import Git
from tests.kit.history import all_paths, read_by_git, renames_by_git, told
from tests.services.samples import NGINX, cloned, snapshot, stack

Adopting = Callable[..., Report]
OURS = {b".calcifer", b".calcifer/service.yaml", b"CHANGES.md"}
SECONDS = 30


@pytest.fixture
def adopt(wiring: Wiring, home: Path, actor: Actor) -> Adopting:
    """Adopt the directories of a repository at once: `adopt(path, only=…)`."""

    def run(
        *sources: Path, only: tuple[str, ...] = (), directories: bool | None = True, name: str | None = None
    ) -> Report:
        wish = Wish(tuple(map(str, sources)), directories, name=name, only=frozenset(only) if only else None)
        return adoption.carry_out(wiring.units, actor, home, wish)

    return run


@pytest.fixture
def stacks(tmp_path: Path, git: Git) -> Path:
    """A repository with the services `web` and `db`; `web` lay in `old/web` before."""
    path = stack(tmp_path / "stacks", compose=None)
    git(path, "init", "-q", "-b", "main")
    for folder in ("old/web", "db"):
        write(path, {f"{folder}/compose.yaml": NGINX, f"{folder}/run.sh": "#!/bin/sh\n"})
        (path / folder / "run.sh").chmod(0o755)
        (path / folder / "link").symlink_to("run.sh")
        commit(git, path, f"Begin {folder}")
    git(path, "mv", "old/web", "web")
    (path / "old").rmdir()
    commit(git, path, "Move web")
    write(path, {"README.md": "# Stacks\n", "web/index.html": "hello\n"})
    commit(git, path, "Say hello")
    return path


def write(path: Path, files: dict[str, str]) -> None:
    """Write files by their paths."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(content)


def commit(git: Git, path: Path, message: str) -> None:
    """Commit everything."""
    git(path, "add", "-A")
    git(path, "commit", "-qm", message)


def subjects(git: Git, path: Path) -> list[str]:
    """Subjects on the branch that is checked out, oldest first."""
    return git(path, "log", "--reverse", "--topo-order", "--format=%s").split("\n")


# -- the real repository -------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_every_service_of_the_bundle_has_its_files_and_its_commits(
    adopt: Adopting, wiring: Wiring, actor: Actor, tmp_path: Path, git: Git
) -> None:
    source = cloned(tmp_path / "awesome-compose")
    before = snapshot(source, without=())
    begun = sum(os.times()[:4])
    report = adopt(source)
    took = sum(os.times()[:4]) - begun  # of this process and its children: other tests may have the other core
    assert (len(report.adopted), report.failed) == (39, [])
    assert took < SECONDS
    assert snapshot(source, without=()) == before
    renames = renames_by_git(source, "master")
    with wiring.units.read(actor) as uow:
        services = {path.name.lower(): path.name for path in source.iterdir() if (path / ".").is_dir()}
        paths = {name: path for name, path, _ in queries.list_places(uow.db)}
    assert len(paths) == 39
    for name, path in paths.items():
        made, folder = Path(path), services[name]
        mine, theirs = snapshot(made), snapshot(source / folder)
        assert {key: mine[key] for key in theirs} == theirs
        assert mine.keys() - theirs.keys() <= OURS
        assert git(made, "status", "--porcelain", "--ignored") == ""
        git(made, "fsck", "--strict")
        wanted = read_by_git(source, all_paths(folder, renames), "master")
        commits = git(made, "rev-list", "master").split()
        assert told(made, *commits[1:]) == told(source, *wanted), name
        assert git(made, "log", "-1", "--format=%an %s") == f"Ada Lovelace Adopt {name}"


@pytest.mark.once
def test_killed_at_random_moments_the_bundle_ends_the_same(
    wiring: Wiring, home: Path, actor: Actor, tmp_path: Path, git: Git
) -> None:
    source = cloned(tmp_path / "awesome-compose")
    before = snapshot(source, without=())
    names = ("angular", "nginx-golang", "plex", "react-express-mysql", "vuejs", "wireguard")
    wish = Wish((str(source),), directories=True, only=frozenset(names))
    chance = random.Random(7)
    for _ in range(6):
        killed(wiring, actor, home, wish, after=chance.uniform(0.3, 2.5))
    report = adoption.carry_out(wiring.units, actor, home, wish)
    assert (sorted(report.adopted + report.unchanged), report.failed, report.left_out[1:]) == (sorted(names), [], [])
    assert snapshot(source, without=()) == before
    assert sorted(path.name for path in home.iterdir()) == sorted([*names, "var"])
    assert list((home / "var" / "building").iterdir()) == []
    renames = renames_by_git(source, "master")
    for name in names:
        commits = git(home / name, "rev-list", "master").split()
        assert told(home / name, *commits[1:]) == told(source, *read_by_git(source, all_paths(name, renames), "master"))
        assert git(home / name, "status", "--porcelain") == ""
        git(home / name, "fsck", "--strict")


def killed(
    wiring: Wiring, actor: Actor, home: Path, wish: Wish, *, after: float | None = None, step: str | None = None
) -> None:
    """Carry a wish out in a process that is killed after a while, or at a step."""

    def mark(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    wiring.units.database.close()
    child = os.fork()
    if child == 0:
        try:
            adoption.carry_out(wiring.units, actor, home, wish, mark=mark)
        finally:
            os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.parametrize("step", ["written", "copied", "made", "in place", "registered"])
def test_killed_at_a_step_it_is_done_by_the_next_run(
    wiring: Wiring, adopt: Adopting, home: Path, actor: Actor, stacks: Path, git: Git, step: str
) -> None:
    before = snapshot(stacks, without=())
    killed(wiring, actor, home, Wish((str(stacks),), directories=True), step=step)
    assert (home / "db" / ".git").exists() == (step in ("in place", "registered"))
    assert (home / "db").exists() == (home / "db" / ".git").exists()
    report = adopt(stacks)
    assert (sorted(report.adopted + report.unchanged), report.failed, len(report.left_out)) == (["db", "web"], [], 0)
    assert snapshot(stacks, without=()) == before
    assert subjects(git, home / "db") == ["Begin db", "Adopt db"]
    assert git(home / "db", "status", "--porcelain") == ""
    git(home / "db", "fsck", "--strict")
    assert list((home / "var" / "building").iterdir()) == []


# -- what comes along ----------------------------------------------------------------------------------------------------


def test_history_follows_the_folder(adopt: Adopting, home: Path, stacks: Path, git: Git) -> None:
    assert adopt(stacks).adopted == ["db", "web"]
    assert subjects(git, home / "web") == ["Begin old/web", "Move web", "Say hello", "Adopt web"]
    assert git(home / "web", "remote") == ""
    assert adopt(stacks).unchanged == ["db", "web"]


def test_only_some_are_taken(adopt: Adopting, home: Path, stacks: Path) -> None:
    before = snapshot(stacks, without=())
    assert adopt(stacks, only=("web",)).adopted == ["web"]
    assert not (home / "db").exists()
    assert snapshot(stacks, without=()) == before


def test_folder_of_a_repository_that_is_named_has_its_history(
    adopt: Adopting, home: Path, stacks: Path, git: Git
) -> None:
    assert adopt(stacks / "web", directories=None, name="proxy").adopted == ["proxy"]
    assert subjects(git, home / "proxy")[-1] == "Adopt proxy"
    assert len(subjects(git, home / "proxy")) == 4


def test_what_lies_there_comes_along_uncommitted(adopt: Adopting, home: Path, stacks: Path, git: Git) -> None:
    write(stacks, {".gitignore": "*.log\n"})
    commit(git, stacks, "Ignore")
    write(
        stacks,
        {
            "web/index.html": "edited\n",
            "web/new.txt": "n",
            "web/a.log": "log",
            "web/.env": "PASSWORD=x",
            "web/data/x": "d",
        },
    )
    (stacks / "web" / "run.sh").unlink()
    before = snapshot(stacks, without=())
    report = adopt(stacks, only=("web",))
    assert snapshot(stacks, without=()) == before
    made = home / "web"
    assert {key: value for key, value in snapshot(made).items() if key not in OURS} == snapshot(stacks / "web")
    changed = sorted(line.strip() for line in git(made, "status", "--porcelain").split("\n"))
    assert changed == ["?? data/", "?? new.txt", "D run.sh", "M index.html"]
    hidden = [line for line in git(made, "status", "--porcelain", "--ignored").split("\n") if line.startswith("!!")]
    assert hidden == ["!! .env", "!! a.log"]
    reasons = dict(report.withheld)
    assert reasons["web/.env"] == "holds the values of variables, often passwords"
    assert reasons["web/a.log"] == "is ignored by the repository that it comes from"
    assert reasons["web/index.html"].startswith("is edited")
    assert git(made, "ls-files").split() == [
        ".calcifer/service.yaml",
        "CHANGES.md",
        "compose.yaml",
        "index.html",
        "link",
        "run.sh",
    ]


def test_main_is_taken_where_another_branch_is_checked_out(adopt: Adopting, home: Path, stacks: Path, git: Git) -> None:
    git(stacks, "checkout", "-qb", "work")
    write(stacks, {"web/index.html": "other\n", "wiki/compose.yaml": NGINX})
    commit(git, stacks, "On a branch")
    report = adopt(stacks)
    assert report.adopted == ["db", "web"]
    (reason,) = (reason for source, reason in report.left_out if source.endswith("wiki"))
    assert reason.startswith("is on what is checked out, but not on the branch main")
    assert (home / "web" / "index.html").read_text() == "hello\n"
    assert git(home / "web", "status", "--porcelain") == ""


def test_bare_repository_is_taken_apart(adopt: Adopting, home: Path, tmp_path: Path, stacks: Path, git: Git) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(stacks), "all.git")
    assert adopt(tmp_path / "all.git").adopted == ["db", "web"]
    assert (home / "web" / "run.sh").stat().st_mode & 0o111
    assert (home / "web" / "link").is_symlink()
    assert git(home / "web", "status", "--porcelain") == ""


def test_directory_that_was_never_committed_is_copied(adopt: Adopting, home: Path, stacks: Path, git: Git) -> None:
    write(stacks, {"wiki/compose.yaml": NGINX})
    assert adopt(stacks).adopted == ["db", "web", "wiki"]
    assert subjects(git, home / "wiki") == ["Adopt wiki"]


def test_descriptor_and_changes_that_are_there_stay(adopt: Adopting, home: Path, stacks: Path, git: Git) -> None:
    write(stacks, {"db/.calcifer/service.yaml": "title: Database\n", "db/ChangeLog.md": "# Log\n"})
    commit(git, stacks, "Describe")
    adopt(stacks)
    assert subjects(git, home / "db") == ["Begin db", "Describe"]
    assert git(home / "db", "rev-parse", "HEAD^{tree}") == git(stacks, "rev-parse", "HEAD:db")


def test_tags_and_branch_name_stay(adopt: Adopting, home: Path, stacks: Path, git: Git) -> None:
    git(stacks, "branch", "-m", "main", "trunk")
    git(stacks, "tag", "-a", "-m", "First", "v1")
    adopt(stacks)
    assert git(home / "web", "tag") == "v1"
    assert git(home / "web", "log", "-1", "--format=%s", "v1") == "Say hello"
    assert git(home / "web", "symbolic-ref", "HEAD") == "refs/heads/trunk"


def test_names_that_are_no_text_come_along(adopt: Adopting, home: Path, stacks: Path, git: Git) -> None:
    odd = os.fsdecode(b"n\xff")
    write(stacks, {f"web/{odd}": "tracked", f"{odd}/compose.yaml": NGINX})
    commit(git, stacks, "Odd")
    git(stacks, "update-ref", f"refs/tags/{odd}", "HEAD")
    write(stacks, {f"web/new{odd}": "untracked"})
    assert sorted(adopt(stacks).adopted) == ["db", "n", "web"]
    assert (home / "web" / odd).read_text() == "tracked"
    assert git(home / "web", "status", "--porcelain") == '?? "newn\\377"'
    assert git(home / "n", "ls-files").split()[-1] == "compose.yaml"
    assert (home / "web" / ".git" / "packed-refs").read_bytes().count(b"refs/tags/n\xff\n") == 1
