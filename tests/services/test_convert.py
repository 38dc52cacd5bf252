"""A directory whose root is a repository becomes a workspace: the application gets one of its own, and nothing is lost."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calcifer.kit.errors import CalciferError, Conflict, Invalid, NotFound, Unavailable
from calcifer.kit.uow import Actor
from calcifer.services.layouts.planned import NothingToConvert, planned
from calcifer.services.layouts.wishes import Wish
from calcifer.services.service import conversion, restoration
from calcifer.services.service.conversion import Report
from tests.conftest import Git
from tests.kit import history
from tests.kit.history import all_paths, read_by_git, renames_by_git
from tests.services.layouts import APP, EDITS, IGNORED, PNG, commit, edits, ignored, layout, state, write
from tests.services.samples import cloned
from tests.source import ROOT

Convert = Callable[..., Report]
NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
BACKUP = "calcifer-backup-2026-01-31-120000"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layout, made once."""
    return layout(tmp_path_factory.mktemp("pattern") / "calcifer")


@pytest.fixture
def root(pattern: Path, tmp_path: Path) -> Path:
    """The layout."""
    place = tmp_path / "place"
    place.mkdir()
    subprocess.run(["cp", "-a", str(pattern), str(place)], check=True)
    return place / pattern.name


@pytest.fixture
def convert(root: Path, actor: Actor) -> Convert:
    """Convert it: `convert(verify="make test")`."""

    def run(mark: Callable[[str], None] = lambda _: None, **wish: str | None) -> Report:
        return conversion.convert(Wish(root, **wish), actor.person, NOW, mark=mark)  # type: ignore[arg-type]

    return run


def program_of(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `calcifer` as a person does, without a terminal, in the workspace `root`."""
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "CALCIFER_HOME": str(root)}
    command = [sys.executable, "-m", "calcifer", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def told(root: Path, *commits: str) -> list[str]:
    """What commits say of themselves, sorted."""
    return sorted(said.strip() for said in history.told(root, *commits))


def wanted_history(root: Path) -> list[str]:
    """What git finds for the application, for what it was, and for the documentation."""
    paths = [*all_paths(APP, renames_by_git(root, "main")), *all_paths("docs", renames_by_git(root, "main"))]
    assert "backend" in paths
    return told(root, *read_by_git(root, paths, "main"))


def is_converted(root: Path, kept: Path, before: dict[bytes, tuple[int, int, int, bytes]], git: Git) -> None:
    """What has to hold afterwards, whatever happened in between."""
    app = root / APP
    assert sorted(path.name for path in root.iterdir()) == [
        "README.md",
        APP,
        "notes.txt",
        "other",
        "project-x",
        "project-y",
    ]
    assert (app / ".git").is_dir()
    commits = git(app, "rev-list", "HEAD").split()
    assert git(app, "log", "-1", "--format=%an %s") == "Ada Lovelace Take in the rules of the repository around"
    assert told(app, *commits[1:]) == wanted_history(kept)
    assert edits(app) == sorted(EDITS)
    assert ignored(app) == IGNORED
    tracked = git(app, "ls-files").splitlines()
    assert not {".env", "secret.txt", "data/app.sqlite"} & set(tracked)
    assert "secret-of-the-env" not in git(app, "log", "-p", "--all")
    git(app, "fsck", "--strict")
    assert git(app, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert git(app, "branch", "--format=%(refname:short)").split() == ["main", "work"]
    assert git(app, "log", "-1", "--format=%s", "work") == "Half done"
    assert git(app, "tag", "-n1") == "v1              First"
    assert git(app, "show", ":src/jobs.py").endswith("\nstaged")
    after = state(root)
    for path, was in before.items():
        place = moved(path)
        if place and path not in (b".", b"docs", os.fsencode(APP), f"{APP}/.gitignore".encode()):
            assert after[place] == was, path
    assert (app / "docs/pictures/one.png").read_bytes() == PNG
    assert state(kept) == before


def moved(path: bytes) -> bytes | None:
    """Where a path of the root is afterwards; None for what is gone."""
    if path in (b".git", b".gitignore") or path.startswith(b".git/"):
        return None
    if path == b"docs" or path.startswith(b"docs/"):
        return os.fsencode(APP) + b"/" + path
    return path


# -- what comes of it ----------------------------------------------------------------------------------------------------


def test_application_has_history_files_edits_and_rules(convert: Convert, root: Path, git: Git) -> None:
    before = state(root)
    report = convert(verify="sh run.sh")
    is_converted(root, root.parent / BACKUP / "calcifer", before, git)
    assert report.backup == str(root.parent / BACKUP)
    assert [line.partition(" (")[0] for line in report.tests] == [
        "The application's tests passed before",
        "The application's tests passed after",
    ]
    assert sorted(path.name for path in root.parent.iterdir()) == ["calcifer", BACKUP]
    assert (root.parent / BACKUP).stat().st_mode & 0o777 == 0o700
    assert (root / APP / ".gitignore").read_text() == (
        "# From the repository that this one lay in.\n"
        "# What Python leaves\n__pycache__/\n*.log\n!keep.log\n# Secrets\n.env\n/secret.txt\n/data/\n/cache\n/docs/cache\n"
        "/**/generated\n# Elsewhere\n/docs/_build/\n\n/build/\n"
    )
    commits = git(root / APP, "log", "--format=%s").splitlines()
    assert "Write the backend" in commits
    assert "Merge the feature" in commits
    assert "Elsewhere" not in commits
    assert "Begin" not in commits


def test_calcifer_finds_the_application_as_a_service(convert: Convert, root: Path) -> None:
    refused = program_of(root, "scan")
    assert refused.returncode == 5
    assert f"calcifer convert {root}" in refused.stderr
    convert()
    done = program_of(root, "scan")
    assert (done.returncode, done.stdout) == (0, f"new: {APP}\n") or APP in done.stdout, done.stderr
    assert APP in program_of(root, "services", "list").stdout


def test_backup_is_brought_back_to_the_byte(convert: Convert, root: Path) -> None:
    before = state(root)
    report = convert()
    write(root, {"since.txt": "x"})
    done = restoration.restore(Path(report.backup), NOW)
    assert state(root) == before
    assert done.aside
    assert (Path(done.aside) / "since.txt").read_text() == "x"
    assert (Path(done.aside) / APP / ".git").is_dir()
    shutil.rmtree(root)
    subprocess.run(["cp", "-a", f"{report.backup}/calcifer", str(root)], check=True)
    assert state(root) == before


def test_converted_restored_and_converted_again_uses_the_same_backup(convert: Convert, root: Path, git: Git) -> None:
    before = state(root)
    report = convert()
    restoration.restore(Path(report.backup), NOW)
    again = conversion.convert(Wish(root), Actor("Ada Lovelace", "ada@example.org", "owner").person, datetime.now(UTC))
    assert again.backup == report.backup
    is_converted(root, Path(report.backup) / "calcifer", before, git)


def test_plan_touches_nothing_and_says_everything(root: Path) -> None:
    git_config = '[remote "origin"]\n\turl = https://ada:hunter2@example.org/x.git\n'
    (root / ".git/config").write_text((root / ".git/config").read_text() + git_config)
    write(root, {".git/hooks/pre-commit": "#!/bin/sh\n"})
    before = state(root)
    done = program_of(root, "convert", str(root), "--verify", "sh run.sh")
    assert done.returncode == 0, done.stderr
    assert state(root) == before
    assert [path.name for path in root.parent.iterdir()] == ["calcifer"]
    for said in (
        f"{APP}, with 9 commits (1 merges) on main",
        "backend",
        "docs/ moves to calcifer-app/docs",
        "main, work",
        "/secret.txt, /data/",
        "new.txt",
        "project-x",
        "pre-commit",
        "https://…@example.org/x.git",
        "sh run.sh",
        "README.md",
    ):
        assert said in done.stdout, said
    assert "hunter2" not in done.stdout + done.stderr
    assert "--yes" in done.stderr


def test_command_converts_and_restores(root: Path, git: Git) -> None:
    before = state(root)
    done = program_of(root, "convert", "--yes", "--verify", "sh run.sh")
    assert done.returncode == 0, done.stderr
    (backup,) = root.parent.glob("calcifer-backup-*")
    is_converted(root, backup / "calcifer", before, git)
    assert f"calcifer convert --restore {backup}" in done.stderr
    assert program_of(root, "convert", "--yes").returncode == 5
    done = program_of(root, "convert", "--restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert state(root) == before


def test_a_real_repository(tmp_path: Path, actor: Actor, git: Git) -> None:
    root = cloned(tmp_path / "stacks")
    commit(root, "Document", {"docs/guide.md": "# Guide\n", ".gitignore": "*.log\n/plex/config\n"})
    write(root, {"plex/config/x": "x", "plex/.env": "A=b"})
    paths = [*all_paths("plex", renames_by_git(root, "master")), "docs"]
    wanted = told(root, *read_by_git(root, paths, "master"))
    before = state(root)
    report = conversion.convert(Wish(root, "plex"), actor.person, NOW)
    commits = git(root / "plex", "rev-list", "HEAD").split()
    assert told(root / "plex", *commits[1:]) == wanted
    assert ignored(root / "plex") == {"config/"}
    assert edits(root / "plex") == [" M .env"]
    assert state(Path(report.backup) / "stacks") == before


# -- the remote ----------------------------------------------------------------------------------------------------------


def test_remote_is_added_and_pushed_to(convert: Convert, root: Path, tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "-q", "--bare", "private.git")
    report = convert(remote=f"file://{tmp_path}/private.git")
    assert (report.pushed, report.push_failure) == (f"file://{tmp_path}/private.git", None)
    assert git(tmp_path / "private.git", "rev-parse", "main") == git(root / APP, "rev-parse", "main")
    assert git(root / APP, "rev-parse", "--abbrev-ref", "main@{upstream}") == "origin/main"


def test_remote_that_does_not_answer_stops_nothing_else(convert: Convert, root: Path, tmp_path: Path, git: Git) -> None:
    before = state(root)
    report = convert(remote=f"file://{tmp_path}/none.git")
    assert report.push_failure
    assert f"git -C {root / APP} push -u origin main" in report.push_failure
    is_converted(root, root.parent / BACKUP / "calcifer", before, git)
    git(tmp_path, "init", "-q", "--bare", "none.git")
    git(root / APP, "push", "-q", "-u", "origin", "main")


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:hunter2@example.org/x.git",
        "https://ghp_hunter2@example.org/x",
        "https://example.org/x?token=hunter2",
    ],
)
def test_remote_with_a_secret_is_refused_before_anything(convert: Convert, root: Path, url: str) -> None:
    before = state(root)
    with pytest.raises(Invalid) as refused:
        convert(remote=url)
    assert "hunter2" not in str(refused.value)
    assert state(root) == before


def test_configuration_comes_along_without_secrets(convert: Convert, root: Path, git: Git) -> None:
    git(root, "config", "user.name", "Somebody")
    git(root, "config", "core.autocrlf", "input")
    git(root, "config", "http.https://example.org/.extraheader", "Authorization: hunter2")
    git(root, "config", "remote.origin.url", "https://ada:hunter2@example.org/x.git")
    convert()
    said = (root / APP / ".git/config").read_text()
    assert "hunter2" not in said
    assert git(root / APP, "config", "user.name") == "Somebody"
    assert git(root / APP, "config", "--get-all", "core.autocrlf") == "input"
    assert git(root / APP, "remote") == ""


# -- tests before and after ----------------------------------------------------------------------------------------------


def test_worse_tests_stop_it_before_the_roots_git_goes(convert: Convert, root: Path, git: Git) -> None:
    before = state(root)
    with pytest.raises(conversion.TestsWorse) as stopped:
        convert(verify="test -f ../README.md || { echo the reason; exit 3; }")
    assert "passed before" in stopped.value.message
    assert "failed after with code 3" in stopped.value.message
    assert "the reason" in stopped.value.message
    assert (root / ".git/HEAD").exists()
    assert (root / ".gitignore").exists()
    assert f"--restore {root.parent / BACKUP}" in (stopped.value.mend or "")
    with pytest.raises(conversion.TestsWorse):
        convert()
    convert(verify="test -f run.sh")
    is_converted(root, root.parent / BACKUP / "calcifer", before, git)


def test_tests_that_failed_before_may_fail_after(convert: Convert, root: Path) -> None:
    report = convert(verify="exit 7")
    assert [line.partition(" (")[0] for line in report.tests] == [
        "The application's tests failed before with code 7",
        "The application's tests failed after with code 7",
    ]
    assert not (root / ".git").exists()


def test_descriptor_says_the_tests(root: Path) -> None:
    commit(root, "Describe", {f"{APP}/.calcifer/service.yaml": "verify: sh run.sh\n"})
    assert planned(Wish(root), NOW).verify == "sh run.sh"
    assert planned(Wish(root, verify=""), NOW).verify is None


# -- killed ---------------------------------------------------------------------------------------------------------------


STEPS = [
    "backup begun",
    "tested before",
    "copied",
    "compared",
    "backed up",
    "begun",
    "written",
    "made",
    ".gitignore written",
    ".gitattributes written",
    "docs moved",
    "in place",
    "settled",
    "tested",
    "rules gone",
    "git going",
    "git nearly gone",
    "journal gone",
]


def killed(root: Path, actor: Actor, *, step: str | None = None, after: float | None = None) -> bool:
    """Convert in a process that is killed at a step, or after a while; say whether it was."""

    def mark(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        code = 1
        try:
            conversion.convert(Wish(root, verify="sh run.sh"), actor.person, NOW, mark=mark)
            code = 0
        finally:
            os._exit(code)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def finish(root: Path, actor: Actor) -> None:
    """Run it until it is done; where only the last directory was left over, there is nothing more to convert."""
    with suppress(NothingToConvert):
        conversion.convert(Wish(root, verify="sh run.sh"), actor.person, datetime.now(UTC))


def test_steps_are_these(root: Path, actor: Actor) -> None:
    found: list[str] = []
    conversion.convert(Wish(root, verify="sh run.sh"), actor.person, NOW, mark=found.append)
    assert found == [*STEPS, "done"]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_the_end_is_the_same(root: Path, actor: Actor, git: Git, step: str) -> None:
    before = state(root)
    assert killed(root, actor, step=step)
    finish(root, actor)
    (kept,) = (path for path in root.parent.iterdir() if path != root)
    assert kept.suffix != ".part"
    is_converted(root, kept / "calcifer", before, git)


def test_killed_at_random_moments_the_end_is_the_same(root: Path, actor: Actor, git: Git) -> None:
    before = state(root)
    delay = 0.05
    while killed(root, actor, after=delay):
        delay *= 1.15
    finish(root, actor)
    kept = next(path for path in root.parent.glob("calcifer-backup-*") if state(path / "calcifer") == before)
    is_converted(root, kept / "calcifer", before, git)


@pytest.mark.parametrize("step", ["copied", "aside"])
def test_restore_killed_at_a_step_is_done_by_the_next(convert: Convert, root: Path, step: str) -> None:
    before = state(root)
    backup = Path(convert().backup)

    def mark(name: str) -> None:
        if name == step:
            os._exit(0)

    child = os.fork()
    if child == 0:
        restoration.restore(backup, NOW, mark=mark)
    os.waitpid(child, 0)
    restoration.restore(backup, datetime.now(UTC))
    assert state(root) == before
    assert not [path for path in root.parent.iterdir() if path.name.startswith(".")]


def test_two_at_once_are_refused(root: Path, convert: Convert) -> None:
    with conversion.alone(root), pytest.raises(Unavailable):
        convert()


# -- what is not there any more, or has moved -----------------------------------------------------------------------------


def test_commit_in_the_root_since_the_backup_keeps_its_git(convert: Convert, root: Path, git: Git) -> None:
    with pytest.raises(conversion.TestsWorse):
        convert(verify="test -f ../README.md")
    git(root, "commit", "-q", "--allow-empty", "-m", "Since")
    with pytest.raises(conversion.RootMoved) as stopped:
        convert(verify="")
    assert "refs/heads/main" in stopped.value.message
    assert git(root, "log", "-1", "--format=%s") == "Since"


def test_backup_that_is_gone_keeps_the_roots_git(convert: Convert, root: Path) -> None:
    with pytest.raises(conversion.TestsWorse):
        convert(verify="test -f ../README.md")
    shutil.rmtree(root.parent / BACKUP)
    with pytest.raises(Conflict, match="backup"):
        convert(verify="")
    assert (root / ".git/HEAD").exists()


def test_file_that_changes_while_it_is_copied_stops_it(root: Path, convert: Convert) -> None:
    def mark(step: str) -> None:
        if step == "copied":
            write(root, {"notes.txt": "other"})

    with pytest.raises(Conflict, match=r"notes\.txt"):
        convert(mark)
    assert [path.name for path in root.parent.iterdir()] == ["calcifer"]


def test_backup_that_was_changed_is_not_restored(convert: Convert, root: Path) -> None:
    backup = Path(convert().backup)
    after = state(root)
    write(backup, {"calcifer/README.md": "other"})
    with pytest.raises(restoration.Damaged, match=r"README\.md"):
        restoration.restore(backup, NOW)
    assert state(root) == after


def put_away(root: Path, git: Git) -> bool:
    """Put what is not committed away."""
    git(root, "reset", "-q")
    git(root, "stash", "-q", "-u")
    return True


# -- refused, with nothing touched ----------------------------------------------------------------------------------------


def linked(root: Path, git: Git) -> None:
    git(root, "worktree", "add", "-q", str(root.parent / "linked"), "work")


def submodule(root: Path, git: Git) -> None:
    other = layout(root.parent / "other")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), f"{APP}/sub")


def merging(root: Path, git: Git) -> None:
    (root / ".git/MERGE_HEAD").write_text(git(root, "rev-parse", "work") + "\n")


def own_repository(root: Path, git: Git) -> None:
    git(root / APP, "init", "-q")


def clash(root: Path, git: Git) -> None:
    write(root, {f"{APP}/docs/guide.md": "# Another\n", f"{APP}/docs/pictures/one.png": PNG})


def hidden(root: Path, git: Git) -> None:
    write(root, {f"{APP}/.gitignore": "/build/\n/docs/\n"})


def linked_rules(root: Path, git: Git) -> None:
    (root / APP / ".gitignore").unlink()
    (root / APP / ".gitignore").symlink_to("../.gitignore")


REFUSED: list[tuple[Callable[[Path, Git], object], type[CalciferError], str]] = [
    (lambda root, git: put_away(root, git) and git(root, "switch", "-q", "work"), Conflict, "work is checked out"),
    (lambda root, git: git(root, "switch", "-q", "--detach"), Conflict, "without a branch"),
    (linked, Conflict, "Linked worktrees"),
    (submodule, Conflict, "Submodules"),
    (merging, Conflict, "A merge is under way"),
    (lambda root, _: write(root, {".git/index.lock": ""}), Conflict, "index.lock"),
    (own_repository, Conflict, "repository of its own already"),
    (clash, Conflict, "guide.md, and not the same"),
    (hidden, Conflict, "docs/draft.md"),
    (linked_rules, Conflict, "is a link"),
    (lambda root, _: (root / APP / ".gitignore").unlink(), Conflict, "has come or gone"),
    (lambda root, _: (root / ".git").rename(root / "git"), Conflict, "no git repository"),
    (lambda root, git: git(root, "config", "core.sparseCheckout", "true"), Conflict, "sparse"),
]


@pytest.mark.parametrize(("change", "kind", "said"), REFUSED, ids=[said for _, _, said in REFUSED])
def test_is_refused_and_nothing_touched(
    root: Path,
    convert: Convert,
    git: Git,
    change: Callable[[Path, Git], object],
    kind: type[CalciferError],
    said: str,
) -> None:
    change(root, git)
    before, beside = state(root), sorted(root.parent.iterdir())
    with pytest.raises(kind) as refused:
        convert()
    assert said in refused.value.message
    assert state(root) == before
    assert sorted(root.parent.iterdir()) == beside


def test_application_that_cannot_be_told_is_asked_for(root: Path, git: Git, actor: Actor) -> None:
    put_away(root, git)
    shutil.rmtree(root / APP / "vendored")
    git(root, "mv", APP, "shop")
    commit(root, "Rename")
    with pytest.raises(Invalid, match="other, shop"):
        planned(Wish(root), NOW)
    assert planned(Wish(root, "shop"), NOW).places.app == "shop"
    with pytest.raises(NotFound):
        planned(Wish(root, "project-x"), NOW)
    with pytest.raises(NotFound):
        planned(Wish(root, "../shop"), NOW)
    with pytest.raises(NotFound):
        planned(Wish(root, "shop", docs="wiki"), NOW)
    with pytest.raises(Invalid):
        planned(Wish(root, "shop", docs="../x"), NOW)


def test_backup_lies_outside_and_has_room(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="outside"):
        planned(Wish(root, backups=root / "docs"), NOW)
    assert planned(Wish(root, backups=tmp_path), NOW).backup == tmp_path / BACKUP
    full = shutil.disk_usage(root)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(Unavailable, match="are needed"):
        planned(Wish(root), NOW)


# -- odd ones --------------------------------------------------------------------------------------------------------------


def test_documents_that_both_have_alike_are_kept_once(root: Path, convert: Convert, git: Git) -> None:
    commit(root, "Copy", {f"{APP}/docs/pictures/one.png": PNG, f"{APP}/docs/own.md": "own"})
    convert()
    assert (root / APP / "docs/own.md").read_text() == "own"
    assert (root / APP / "docs/reference.md").exists()
    assert not (root / "docs").exists()
    assert edits(root / APP) == ["?? vendored/"]


def test_without_documents_and_rules(tmp_path: Path, actor: Actor, git: Git) -> None:
    root = tmp_path / "one" / "calcifer"
    root.mkdir(parents=True)
    git(root, "init", "-q")
    commit(root, "Begin", {"web/index.html": "hello"})
    report = conversion.convert(Wish(root), actor.person, NOW)
    assert git(root / "web", "log", "--format=%s") == "Begin"
    assert (report.commits, edits(root / "web")) == (1, [])


def test_names_that_are_no_text(root: Path, convert: Convert, git: Git) -> None:
    odd = os.fsdecode(b"n\xff \n")
    commit(root, "Odd", {f"{APP}/{odd}/t": "t", f"docs/{odd}": "d"})
    write(root, {f"{APP}/{odd}/u": "u", f"{APP}/{odd}/x.log": "ignored", "docs/_build/" + odd: "x"})
    before = state(root)
    convert()
    assert len(edits(root / APP)) == 2
    assert (root / APP / odd / "t").read_text() == "t"
    assert state(root.parent / BACKUP / "calcifer") == before


def test_rules_that_are_in_no_commit_hold_too(root: Path, convert: Convert, git: Git) -> None:
    with (root / ".git/info/exclude").open("a") as file:
        file.write("/calcifer-app/mine.txt\n")
    write(root, {f"{APP}/mine.txt": "m"})
    convert()
    assert "mine.txt" in ignored(root / APP)
    assert "mine.txt" not in (root / APP / ".gitignore").read_text()


def test_what_a_rule_of_the_application_would_let_in_is_ignored_by_name(root: Path, convert: Convert) -> None:
    write(root, {"docs/wrong.log": "secret"})
    commit_rules = "/build/\n!wrong.log\n"
    write(root, {f"{APP}/.gitignore": commit_rules})
    convert()
    assert "docs/wrong.log" in ignored(root / APP)
    assert (
        (root / APP / ".gitignore")
        .read_text()
        .endswith("# Ignored where this repository lay before.\n/docs/wrong.log\n")
    )
    assert " M .gitignore" in edits(root / APP)


def test_attributes_and_line_ends_come_along(root: Path, convert: Convert, git: Git) -> None:
    commit(
        root,
        "Attributes",
        {".gitattributes": "*.bat text eol=crlf\n/calcifer-app/x.txt -text\n", f"{APP}/a.bat": "one\ntwo\n"},
    )
    (root / APP / "a.bat").unlink()
    git(root, "checkout", "-q", "--", f"{APP}/a.bat")
    assert (root / APP / "a.bat").read_bytes() == b"one\r\ntwo\r\n"
    convert()
    assert edits(root / APP) == ["?? vendored/"]
    assert (root / APP / ".gitattributes").read_text().splitlines()[1:] == ["*.bat text eol=crlf", "/x.txt -text"]
    assert git(root / APP, "ls-files", "--eol", "a.bat").split()[:2] == ["i/lf", "w/crlf"]
