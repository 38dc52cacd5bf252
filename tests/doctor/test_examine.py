"""Each check finds its fault, made for real, and says how to mend it; a healthy workspace has none, and nothing is changed."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from calcifer import config
from calcifer.accounts.permissions import NotAllowed
from calcifer.doctor import examination, service
from calcifer.doctor.checks import disk
from calcifer.kit.diagnosis import Ward
from calcifer.kit.errors import Conflict
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring, as_it_is
from calcifer.work import service as work
from calcifer.work.schemas import NewChange
from tests.conftest import Git, Ran
from tests.doctor.conftest import Said
from tests.owner import OWNER
from tests.work import factories

Healthy = dict[str, int]


def test_a_healthy_workspace_has_no_findings(ward: Ward, healthy: Healthy) -> None:
    made = examination.examine(ward)
    assert made.found == []
    assert made.is_healthy
    assert set(made.done) == set(examination.ALL)


def test_nothing_is_changed(ward: Ward, healthy: Healthy, web: Path) -> None:
    shutil.rmtree(ward.var / "worktrees" / "web")
    (web / ".git" / "index.lock").touch()
    os.utime(web / ".git" / "index.lock", (1_600_000_000, 1_600_000_000))
    factories.git(web, "update-ref", "-d", f"refs/calcifer/items/{healthy['open']}")
    before = everything(ward.home)
    assert len(examination.examine(ward).found) == 3
    assert everything(ward.home) == before


def everything(home: Path) -> dict[Path, tuple[int, bytes]]:
    """Every file of the workspace with its mode and content, but for those that SQLite keeps while it is open."""
    return {
        path: (path.stat().st_mode, path.read_bytes())
        for path in home.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


# -- one fault for each check -------------------------------------------------------------------------------------------


def test_fsck(healthy: Healthy, web: Path, said: Said) -> None:
    blob = factories.git(web, "rev-parse", "main:README.md")
    file = web / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(b"not what it was")
    ((check, sentence),) = said()
    assert check == "fsck"
    assert str(file) in sentence


def test_fsck_tells_of_lost_objects(healthy: Healthy, web: Path, said: Said) -> None:
    blob = factories.git(web, "rev-parse", "main:README.md")
    (web / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert any(check == "fsck" and blob in sentence for check, sentence in said())


def test_a_repository_with_lost_objects_is_told_once_and_keeps_no_other_from_being_looked_at(
    healthy: Healthy, web: Path, said: Said, home: Path
) -> None:
    shutil.rmtree(web / ".git" / "objects")
    (web / ".git" / "objects").mkdir()
    factories.git(home / "other", "update-ref", "-d", f"refs/dropped/{healthy['dropped']}")
    found = said()
    assert {check for check, _ in found} >= {"fsck", "dropped"}
    assert len(found) == len(set(found))


def test_locks(healthy: Healthy, web: Path, said: Said) -> None:
    young, old = web / ".git" / "index.lock", web / ".git" / "refs" / "heads" / "work" / "x.lock"
    young.touch()
    old.touch()
    os.utime(old, (1_600_000_000, 1_600_000_000))
    assert said() == [("locks", f"The lock {old} is older than 10 minutes.")]


def test_branches(healthy: Healthy, web: Path, ward: Ward) -> None:
    number = healthy["open"]
    branch = f"work/{number}-open"
    head = factories.git(web, "rev-parse", branch)
    factories.git(web, "update-ref", "-d", f"refs/heads/{branch}")
    (one,) = (one for one in examination.examine(ward).found if one.check.name == "branches")
    assert one.finding.sentence == f"The branch '{branch}' of #{number} is gone."
    assert not one.is_safe
    first, _, second = one.finding.mend.partition("; or: ")
    assert second == f"calcifer work drop {number}"
    subprocess.run(first.split(), check=True)
    assert factories.git(web, "rev-parse", branch) == head
    assert examination.examine(ward).is_healthy


def test_item_refs_without_a_row_and_of_completed_items(healthy: Healthy, web: Path, ward: Ward) -> None:
    factories.git(web, "update-ref", "refs/calcifer/items/77", "main")
    factories.git(web, "update-ref", f"refs/calcifer/items/{healthy['completed']}", "main")
    found = {one.finding.sentence: one.finding.mend for one in examination.examine(ward).found}
    assert found.pop("The ref refs/calcifer/items/77 has no row in the database.") == "calcifer rebuild"
    remove = found.pop(
        f"#{healthy['completed']} is completed, and still has its ref refs/calcifer/items/{healthy['completed']}."
    )
    subprocess.run(remove.split(), check=True)
    assert list(found) == ["web has an item #77, and new items are not counted on from there yet."]
    factories.git(web, "update-ref", "-d", "refs/calcifer/items/77")
    assert examination.examine(ward).is_healthy


def test_dropped_items_whose_commits_are_gone_are_to_be_known(healthy: Healthy, ward: Ward, home: Path) -> None:
    other = home / "other"
    factories.git(other, "update-ref", "-d", f"refs/dropped/{healthy['dropped']}")
    factories.git(other, "reflog", "expire", "--expire=now", "--all")
    factories.git(other, "gc", "-q", "--prune=now")
    made = examination.examine(ward)
    assert [(one.check.name, one.finding.is_fault) for one in made.found] == [("dropped", False)]
    assert made.is_healthy


def test_merges_that_main_has_lost(healthy: Healthy, web: Path, ward: Ward) -> None:
    merge = factories.git(web, "rev-parse", "main")
    factories.git(web, "reset", "-q", "--hard", "main~1")
    found = [one for one in examination.examine(ward).found if one.check.name == "merges"]
    assert [one.finding.sentence for one in found] == [
        f"#{healthy['completed']} is completed, but 'main' does not have its merge {merge[:12]}."
    ]
    factories.git(web, *found[0].finding.mend.partition(",")[0].split()[3:], "-q")
    assert examination.examine(ward).is_healthy


def test_records(healthy: Healthy, web: Path, said: Said, ward: Ward) -> None:
    number = healthy["completed"]
    (record,) = (web / ".calcifer" / "work").iterdir()
    record.rename(record.with_name("0099-by-hand.md"))
    factories.git(web, "add", "--all")
    factories.git(web, "commit", "-q", "-m", "By hand")
    found = [sentence for check, sentence in said() if check == "records"]
    # A rebuild takes in no record that no completion brought: it is not promised to help.
    mend = next(one.finding.mend for one in examination.examine(ward).found if "0099" in one.finding.sentence)
    assert "calcifer rebuild" in mend
    assert "where a completion brought it" in mend
    assert found == [
        "The record .calcifer/work/0099-by-hand.md has no completed item.",
        f"#{number} is completed, and has no record in .calcifer/work on main.",
    ]


def test_numbers(healthy: Healthy, web: Path, home: Path, said: Said) -> None:
    ref = f"refs/calcifer/items/{healthy['open']}"
    factories.git(home / "other", "fetch", "-q", str(web), f"{ref}:{ref}")
    assert ("numbers", f"#{healthy['open']} is an item of several services: other, web.") in said()


def test_services_that_are_gone_or_refused(healthy: Healthy, web: Path, home: Path, said: Said) -> None:
    web.rename(home.parent / "elsewhere")
    (home / "other" / ".git" / "config").write_text("[broken")
    found = dict(sorted((sentence, check) for check, sentence in said()))
    assert found.pop(f"There is no repository at {web} any more.") == "services"
    assert [check for sentence, check in found.items() if "cannot be read" in sentence] == ["services"]


def test_what_can_be_no_service_is_not_left_to_a_scan(healthy: Healthy, ward: Ward, home: Path) -> None:
    factories.git(home, "init", "-q", "--object-format=sha256", "odd")
    (one,) = examination.examine(ward).found
    assert (one.check.name, one.is_safe) == ("services", False)
    assert one.finding.sentence == "The repository odd names its objects by SHA-256, which Calcifer cannot read."
    assert "SHA-1" in one.finding.mend


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
def test_ownership(healthy: Healthy, web: Path, ward: Ward) -> None:
    for path in (web, *web.rglob("*")):
        os.lchown(path, 65534, 65534)
    (one,) = examination.examine(ward).found  # its worktree is not taken for one that nobody knows
    assert one.check.name == "services"
    assert f"git config --global --add safe.directory {web}" in one.finding.mend
    assert not one.is_safe  # trusting somebody is for people


def test_detached_worktrees_are_left_to_people(healthy: Healthy, ward: Ward, web: Path) -> None:
    tree = ward.var / "worktrees" / "web" / str(healthy["open"])
    factories.git(tree, "switch", "-q", "--detach")
    assert examination.examine(ward).is_healthy  # somebody rebases there
    tree.rename(tree.with_name("999"))
    factories.git(web, "worktree", "repair", str(tree.with_name("999")))
    (one,) = examination.examine(ward).found
    assert (one.check.name, one.is_safe) == ("worktrees", False)


def test_orphans(healthy: Healthy, wiring: Wiring, said: Said) -> None:
    file = wiring.units.database.file
    if file is None:  # PostgreSQL keeps them away by itself
        assert wiring.units.database.orphans() == []
        return
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM work_items WHERE number = ?", (healthy["completed"],))
    connection.close()
    assert ("database", "2 of work_checklist refer to work_items that are not there.") in said()


def test_disk(healthy: Healthy, home: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LEAST_BYTES", shutil.disk_usage(home).total * 2)
    ((check, sentence),) = said()
    assert check == "disk"
    assert re.match(r"Only [\d,]+ MB are free", sentence)


@pytest.mark.parametrize(("version", "says"), [("2.20.1", "needs 2.29"), ("2.30.2", "power cut"), ("2.36.0", "")])
def test_git(ward: Ward, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, says: str) -> None:
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\necho git version {version}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    found = [one.finding.sentence for one in examination.examine(ward).found if one.check.name == "git"]
    assert [says in sentence for sentence in found] == ([True] if says else [])


def test_no_git_at_all(ward: Ward, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = [one.finding.sentence for one in examination.examine(ward).found if one.check.name == "git"]
    assert found == [f"git could not be started in {ward.home}: No such file or directory."]


def test_backups_are_to_be_known(healthy: Healthy, ward: Ward) -> None:
    kept = ward.var / "backups" / "worktrees" / "web-1"
    kept.mkdir(parents=True)
    (kept / "file").write_bytes(bytes(1_500_000))
    made = examination.examine(ward)
    (one,) = made.found
    assert (one.check.name, one.finding.is_fault, made.is_healthy) == ("backups", False, True)
    assert "1 kept aside, 1.5 MB" in one.finding.sentence


def test_an_edit_in_a_checkout_is_no_fault(healthy: Healthy, wiring: Wiring, web: Path, said: Said) -> None:
    (web / "README.md").write_text("edited\n")
    (web / "mine").write_text("mine\n")
    assert said() == []
    with wiring.units.write(OWNER) as uow:
        work.change(uow, NewChange(service="web", reason="Edit."))
    assert said() == []


# -- a database that cannot be used -------------------------------------------------------------------------------------


def program(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `calcifer doctor` as a person does."""
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "CALCIFER_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "calcifer", "doctor", *arguments], env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("how", ["missing", "no database", "damaged", "old"])
def test_it_works_where_nothing_else_does(filled: Path, home: Path, how: str) -> None:
    (home / "var").mkdir(mode=0o700)
    file = home / "var" / "calcifer.sqlite"
    if how != "missing":
        shutil.copy(filled, file)
    if how == "no database":
        file.write_bytes(b"this is no database, but longer than its header" * 100)
    if how == "damaged":
        content = bytearray(file.read_bytes())
        content[8192:40960] = bytes(32768)
        file.write_bytes(content)
    if how == "old":
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0000'")
        connection.close()
    before = file.read_bytes() if file.exists() else None
    done = program(home, "--json")
    assert done.returncode == 5, done.stderr
    assert '"check": "database"' in done.stdout
    assert "Traceback" not in done.stderr
    assert (file.read_bytes() if file.exists() else None) == before


def test_there_is_no_workspace(tmp_path: Path) -> None:
    done = program(tmp_path / "none")
    assert (done.returncode, "calcifer init" in done.stdout) == (5, True)
    assert not (tmp_path / "none").exists()


# -- page, API, command -------------------------------------------------------------------------------------------------


def test_page(client: TestClient, wiring: Wiring, healthy: Healthy, web: Path) -> None:
    assert "Nobody has looked yet." in client.get("/doctor").text
    (web / ".git" / "index.lock").touch()
    os.utime(web / ".git" / "index.lock", (1_600_000_000, 1_600_000_000))
    answer = client.post("/doctor/examine", data={"fsck": "true"})
    assert answer.url.path == "/doctor"
    assert 'http-equiv="refresh"' in answer.text
    wiring.jobs.run_due()
    page = client.get("/doctor").text
    assert "index.lock is older than 10 minutes" in page
    assert "Mend what is safe (1)" in page
    assert "http-equiv" not in page


def test_api(api: TestClient, wiring: Wiring, healthy: Healthy) -> None:
    assert api.get("/api/v1/doctor").json()["state"] == "never"
    assert api.post("/api/v1/doctor/examine", json={"fsck": False}).status_code == 202
    wiring.jobs.run_due()
    told: dict[str, Any] = api.get("/api/v1/doctor").json()
    assert (told["state"], told["examination"]["is_healthy"]) == ("done", True)
    assert told["examination"]["left_out"] == ["fsck"]


def test_command(calcifer: Callable[..., Ran], healthy: Healthy, web: Path, git: Git) -> None:
    ran = calcifer("doctor")
    assert (ran.code, ran.out) == (0, ""), ran
    assert "Nothing is wrong." in ran.err
    git(web, "update-ref", "-d", f"refs/calcifer/items/{healthy['open']}")
    ran = calcifer("doctor", "--no-fsck", "--json")
    assert (ran.code, ran.json["left_out"]) == (5, ["fsck"])
    assert [(one["check"], one["is_safe"]) for one in ran.json["found"]] == [("item-refs", True)]
    assert calcifer("doctor", "examine").code == 5


def test_a_stranger_may_not(wiring: Wiring) -> None:
    with pytest.raises(NotAllowed), wiring.units.write(Actor("", "", "nobody")) as uow:
        service.examine(uow)


def test_every_check_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
    assert {*re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)} == {*examination.ALL}


def test_an_empty_database_is_told_as_what_it_is(tmp_path: Path) -> None:
    settings = config.read({"CALCIFER_HOME": str(tmp_path / "calcifer")})
    settings.var.mkdir(parents=True)
    (settings.var / "calcifer.sqlite").touch()
    with pytest.raises(Conflict, match="The database is empty") as told:
        as_it_is(settings)
    assert "calcifer rebuild" in str(told.value.mend)
