"""What is safe is mended: made for real, seen, mended, gone; nothing is lost by it, at whatever point it is killed."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.doctor import examination, service
from calcifer.doctor.examination import Examination
from calcifer.kit.diagnosis import Ward
from calcifer.kit.git.stale import has_git_in
from calcifer.kit.locks import Tenure
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from tests.conftest import Ran
from tests.doctor.conftest import Said, told
from tests.owner import OWNER
from tests.work import factories

Healthy = dict[str, int]
Mended = Callable[[], Examination]
LONG_AGO = (1_600_000_000, 1_600_000_000)


def mended_all(mended: Mended, *checks: str) -> None:
    """Mend; these checks had something to do, and nothing is wrong any more."""
    made = mended()
    assert {one.check.name for one in made.mended} == set(checks)
    assert told(made) == []
    assert made.is_healthy


def test_a_healthy_workspace_stays_as_it_is(healthy: Healthy, mended: Mended) -> None:
    mended_all(mended)


def test_locks_go_aside(healthy: Healthy, web: Path, ward: Ward, mended: Mended) -> None:
    lock = web / ".git" / "index.lock"
    lock.write_bytes(b"half an index")
    os.utime(lock, LONG_AGO)
    mended_all(mended, "locks")
    assert not lock.exists()
    (kept,) = (ward.var / "backups" / "locks").iterdir()
    assert kept.read_bytes() == b"half an index"
    assert factories.git(web, "status", "--porcelain") == ""


def test_a_lock_of_a_git_that_runs_stays(healthy: Healthy, web: Path, ward: Ward) -> None:
    lock = web / ".git" / "index.lock"
    lock.touch()
    os.utime(lock, LONG_AGO)
    with subprocess.Popen(["git", "cat-file", "--batch"], cwd=web, stdin=subprocess.PIPE) as running:
        deadline = time.monotonic() + 5
        while not has_git_in(web) and time.monotonic() < deadline:
            time.sleep(0.01)
        made = examination.mend(ward)
        assert [(one.check.name, one.is_safe) for one in made.found] == [("locks", False)]
        assert lock.exists()
        running.stdin and running.stdin.close()
    assert examination.mend(ward).is_healthy


def test_item_refs_are_written_again(healthy: Healthy, web: Path, wiring: Wiring, mended: Mended) -> None:
    number = healthy["open"]
    before = factories.git(web, "show", f"refs/calcifer/items/{number}:item.md")
    for ref in (number, healthy["parent"]):
        for path in (web, wiring.settings.home / "other"):
            subprocess.run(["git", "update-ref", "-d", f"refs/calcifer/items/{ref}"], cwd=path, check=True)
    mended_all(mended, "item-refs")
    after = factories.git(web, "show", f"refs/calcifer/items/{number}:item.md")
    lines = [line for line in before.splitlines() if not line.startswith("updated_at")]
    assert [line for line in after.splitlines() if not line.startswith("updated_at")] == lines
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)


def test_dropped_commits_are_kept(healthy: Healthy, ward: Ward, mended: Mended) -> None:
    other, ref = ward.home / "other", f"refs/dropped/{healthy['dropped']}"
    head = factories.git(other, "rev-parse", ref)
    factories.git(other, "update-ref", "-d", ref)
    mended_all(mended, "dropped")
    assert factories.git(other, "rev-parse", ref) == head
    with ward.units.write(OWNER) as uow:
        work.reopen(uow, healthy["dropped"])


def test_new_and_moved_repositories_are_scanned(healthy: Healthy, ward: Ward, web: Path, mended: Mended) -> None:
    shutil.copytree(web, ward.home / "copy", ignore=shutil.ignore_patterns("calcifer", "worktrees"))
    factories.git(ward.home / "other", "commit", "-q", "--allow-empty", "-m", "By hand")
    made = mended()
    assert {one.check.name for one in made.mended} == {"catalog"}
    assert {check for check, _ in told(made)} == {
        "records"
    }  # the copy has a record of an item that is another service's


def test_half_made_repositories_are_removed(healthy: Healthy, ward: Ward, mended: Mended) -> None:
    yard = ward.var / "building"
    (yard / "dead" / "web").mkdir(parents=True)
    (yard / "dead.lock").touch()
    (yard / "alive").mkdir()
    held = Tenure(yard / "alive.lock")
    held.take("alive")
    mended_all(mended, "building")
    assert sorted(path.name for path in yard.iterdir()) == ["alive", "alive.lock"]
    held.give()


def test_dead_verify_runs_are_removed(healthy: Healthy, ward: Ward, mended: Mended) -> None:
    folder = ward.var / "worktrees" / "verify-7-dead"
    (folder / "home").mkdir(parents=True)
    folder.with_suffix(".lock").touch()
    mended_all(mended, "scratch")
    assert not folder.exists()


def test_a_worktree_without_an_item_goes_aside_with_what_is_in_it(
    healthy: Healthy, ward: Ward, web: Path, mended: Mended
) -> None:
    path = ward.var / "worktrees" / "web" / "99"
    factories.git(web, "worktree", "add", "-q", "-b", "left-over", str(path))
    (path / "mine").write_text("mine\n")
    (path / ".env").write_text("SECRET=1\n")
    mended_all(mended, "worktrees")
    assert not path.exists()
    (kept,) = (ward.var / "backups" / "worktrees").iterdir()
    assert [(kept / name).read_text() for name in ("mine", ".env")] == ["mine\n", "SECRET=1\n"]
    assert "left-over" in factories.git(web, "branch", "--list", "left-over")
    assert str(path) not in factories.git(web, "worktree", "list")


def test_a_worktree_that_no_repository_knows_goes_aside(healthy: Healthy, ward: Ward, mended: Mended) -> None:
    path = ward.var / "worktrees" / "gone" / "7"
    path.mkdir(parents=True)
    (path / "mine").write_text("mine\n")
    mended_all(mended, "worktrees")
    (kept,) = (ward.var / "backups" / "worktrees").iterdir()
    assert (kept / "mine").read_text() == "mine\n"


def test_a_worktree_that_is_gone_is_forgotten(healthy: Healthy, ward: Ward, web: Path, mended: Mended) -> None:
    shutil.rmtree(ward.var / "worktrees" / "web")
    mended_all(mended, "worktrees")
    assert "worktrees" not in factories.git(web, "worktree", "list")
    with ward.units.write(OWNER) as uow:
        work.checkout(uow, healthy["open"], ward.var / "worktrees")
    assert examination.examine(ward).is_healthy


def test_permissions(healthy: Healthy, ward: Ward, mended: Mended) -> None:
    (ward.var / "keys").mkdir(mode=0o755)
    (ward.var / "keys" / "web.key").touch(mode=0o644)
    ward.var.chmod(0o755)
    ward.home.chmod(0o777)
    mended_all(mended, "permissions")
    modes = [
        path.stat().st_mode & 0o777 for path in (ward.var, ward.home, ward.var / "keys", ward.var / "keys" / "web.key")
    ]
    assert modes == [0o700, 0o775, 0o700, 0o600]


def test_databases_are_made_for_their_owner_alone(wiring: Wiring, ward: Ward, said: Said) -> None:
    file = wiring.units.database.file
    if file is not None:
        assert file.stat().st_mode & 0o777 == 0o600
        file.chmod(0o644)
        assert ("permissions", f"Others may read or write {file}.") in said()


def test_held_checkouts_are_tried_again(
    healthy: Healthy, wiring: Wiring, web: Path, said: Said, mended: Mended
) -> None:
    number = factories.ready(wiring, title="Held", content="services: {web: {image: nginx}}\n")

    def edit(step: str) -> None:
        if step == "prepared":
            (web / "docker-compose.yml").write_text("mine\n")

    wiring.units.on_step = edit
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    wiring.units.on_step = lambda _: None
    assert [check for check, _ in said()] == ["held"]
    made = mended()
    assert (made.mended, [check for check, _ in told(made)]) == ([], ["held"])
    assert (web / "docker-compose.yml").read_text() == "mine\n"
    factories.git(web, "checkout", "-q", "HEAD~1", "--", "docker-compose.yml")
    mended_all(mended, "held")
    assert "image: nginx" in (web / "docker-compose.yml").read_text()


def broken(ward: Ward, numbers: Healthy) -> None:
    """Make one of every fault that can be mended."""
    web, other = ward.home / "web", ward.home / "other"
    for name in ("index.lock", "HEAD.lock", "config.lock"):
        (web / ".git" / name).touch()
        os.utime(web / ".git" / name, LONG_AGO)
    factories.git(web, "update-ref", "-d", f"refs/calcifer/items/{numbers['open']}")
    factories.git(other, "update-ref", "-d", f"refs/dropped/{numbers['dropped']}")
    factories.git(other, "worktree", "add", "-q", "-b", "left-over", str(ward.var / "worktrees" / "other" / "99"))
    (ward.var / "worktrees" / "other" / "99" / "mine").write_text("mine\n")
    (ward.var / "worktrees" / "gone" / "7").mkdir(parents=True)
    (ward.var / "worktrees" / "gone" / "7" / "mine").write_text("mine\n")
    (ward.var / "building" / "dead").mkdir(parents=True)
    (ward.var / "building" / "dead.lock").touch()
    ward.home.chmod(0o777)


def test_killed_at_any_mend_it_is_done_by_the_next(ward: Ward, wiring: Wiring, healthy: Healthy) -> None:
    broken(ward, healthy)
    web = ward.home / "web"
    commits = factories.git(web, "rev-list", "--all")
    for steps in range(1, 30):
        wiring.units.database.close()
        child = os.fork()
        if child == 0:
            _die_after(ward, steps)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            break
        factories.git(web, "fsck", "--no-dangling")
    else:
        pytest.fail("it never came to its end")
    assert steps > 5
    made = examination.mend(ward)
    assert told(made) == []
    assert set(commits.split()) <= set(factories.git(web, "rev-list", "--all").split())
    kept = [path.read_text() for path in (ward.var / "backups").rglob("mine")]
    assert kept == ["mine\n", "mine\n"]
    with wiring.units.read(OWNER) as uow:
        assert {item.state for item in queries.list_items(uow.db, queries.Filters())} == {
            "open",
            "completed",
            "dropped",
        }


def _die_after(ward: Ward, steps: int) -> None:
    """Mend in this child, and end it with SIGKILL at the given step of units and mends together."""
    left = [steps]

    def count(_: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        ward.units.on_step = count
        examination.mend(ward, reads_all=False, mark=count)
    except BaseException:  # noqa: BLE001  (the child must never get back into the test run)
        os._exit(1)
    os._exit(0)


def test_page(client: TestClient, wiring: Wiring, healthy: Healthy, ward: Ward) -> None:
    broken(ward, healthy)
    client.post("/doctor/examine")
    wiring.jobs.run_due()
    answer = client.post("/doctor/mend")
    assert answer.url.path == "/doctor"
    wiring.jobs.run_due()
    page = client.get("/doctor").text
    assert "Nothing is wrong." in page
    assert "<h2>Mended</h2>" in page


def test_api(api: TestClient, wiring: Wiring, healthy: Healthy, ward: Ward) -> None:
    broken(ward, healthy)
    assert api.post("/api/v1/doctor/mend", json={}).status_code == 202
    wiring.jobs.run_due()
    told_ = api.get("/api/v1/doctor").json()["examination"]
    assert told_["is_healthy"]
    assert {one["check"] for one in told_["mended"]} >= {"locks", "item-refs", "dropped", "worktrees", "building"}


def test_command(calcifer: Callable[..., Ran], healthy: Healthy, ward: Ward) -> None:
    broken(ward, healthy)
    ran = calcifer("doctor", "--mend")
    assert ran.code == 0, ran
    assert ran.err.count("Mended: ") == 9
    assert calcifer("doctor", "mend", "--no-fsck").code == 0


def test_only_an_owner_may(wiring: Wiring) -> None:
    with pytest.raises(NotAllowed), wiring.units.write(Actor("M", "m@example.org", "member")) as uow:
        service.mend(uow)
