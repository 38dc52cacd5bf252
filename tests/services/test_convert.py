"""A directory whose root is a repository becomes a workspace: the application gets one of its own, and nothing is lost."""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calcifer.kit.errors import Invalid
from calcifer.kit.uow import Actor
from calcifer.services.layouts.planned import planned
from calcifer.services.layouts.wishes import Wish
from calcifer.services.service import conversion, restoration
from tests.conftest import Git
from tests.kit.history import all_paths, read_by_git, renames_by_git
from tests.services.layouts import (
    APP,
    BACKUP,
    NOW,
    PNG,
    Convert,
    commit,
    edits,
    ignored,
    is_converted,
    program_of,
    state,
    told,
    write,
)
from tests.services.samples import cloned

# -- what comes of it ----------------------------------------------------------------------------------------------------


def test_application_has_history_files_edits_and_rules(convert: Convert, root: Path, git: Git) -> None:
    before = state(root)
    report = convert(verify="sh run.sh")
    is_converted(root, root.parent / BACKUP / "calcifer", before)
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
    is_converted(root, Path(report.backup) / "calcifer", before)


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
        f"{APP}, with 9 commits (1 merge) on main",
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
    done = program_of(root, "convert", str(root), "--json")
    assert json.loads(done.stdout)["ignore_rules"][0] == "# What Python leaves"
    assert state(root) == before


def test_command_converts_and_restores(root: Path, git: Git) -> None:
    before = state(root)
    done = program_of(root, "convert", "--yes", "--verify", "sh run.sh")
    assert done.returncode == 0, done.stderr
    (backup,) = root.parent.glob("calcifer-backup-*")
    is_converted(root, backup / "calcifer", before)
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
    assert report.repeat == f"git -C {root / APP} push -u origin main"
    is_converted(root, root.parent / BACKUP / "calcifer", before)
    git(tmp_path, "init", "-q", "--bare", "none.git")
    git(root / APP, "push", "-q", "-u", "origin", "main")


def test_command_says_that_the_remote_does_not_answer(root: Path, tmp_path: Path) -> None:
    done = program_of(root, "convert", "--yes", "--json", "--verify", "", "--remote", f"file://{tmp_path}/none.git")
    assert done.returncode == 5
    said = json.loads(done.stdout)
    assert (said["path"], said["pushed"]) == (str(root / APP), None)
    assert f"→ git -C {root / APP} push -u origin main" in done.stderr
    assert not (root / ".git").exists()


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
    is_converted(root, root.parent / BACKUP / "calcifer", before)


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
