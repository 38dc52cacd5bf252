"""The repository's own command passes on the merge result, or says why not."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit import commands
from calcifer.kit.errors import Conflict
from calcifer.kit.git.repository import Repository
from calcifer.kit.locks import Tenure
from calcifer.wiring import Wiring
from calcifer.work import queries, verification
from calcifer.work import service as work
from calcifer.work.errors import GateClosed
from calcifer.work.models import Verification
from calcifer.work.rules import Verdict
from calcifer.work.service import verifying
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.factories import git

FILE = ".calcifer/service.yaml"


def verified(wiring: Wiring, command: str, **more: str) -> tuple[Path, int]:
    """Make a service whose verify command is trusted, and an item that is ready; its path and the item's number."""
    said = "".join(f"{key}: {value}\n" for key, value in more.items())
    path = factories.service(wiring, files={FILE: f"verify: {json.dumps(command)}\n{said}"})
    number = factories.ready(wiring)
    with wiring.units.write(OWNER) as uow:
        work.trust(uow, "web", command)
    return path, number


def ran(wiring: Wiring, number: int) -> Verification:
    """Ask for a run, let it happen, and return what came of it."""
    with wiring.units.write(OWNER) as uow:
        asked = work.verify(uow, number).id
    wiring.jobs.run_due()
    with wiring.units.read(OWNER) as uow:
        found = queries.get_verification(uow.db, asked)
        uow.db.expunge(found)
    return found


def verdict(wiring: Wiring, number: int) -> Verdict:
    """What the rule says now."""
    with wiring.units.read(OWNER) as uow:
        return next(v for v in work.judge(uow, queries.get_item(uow.db, number)) if v.rule == "verify")


def nothing_is_left(wiring: Wiring, path: Path) -> bool:
    """Whether no run has left a folder, a lock, a worktree or a process."""
    folder = wiring.settings.var / "worktrees"
    return (not folder.exists() or not list(folder.iterdir())) and len(git(path, "worktree", "list").splitlines()) == 1


def test_a_service_without_a_command_passes(wiring: Wiring, web: Path) -> None:
    assert verdict(wiring, factories.ready(wiring)).state == "pass"


def test_a_run_that_passes_lets_the_item_complete(wiring: Wiring) -> None:
    path, number = verified(wiring, "grep -q 1.27 docker-compose.yml")
    waiting = verdict(wiring, number)
    assert (waiting.state, waiting.sentence) == ("pending", "The verify command has not run on this merge result.")
    with pytest.raises(GateClosed), wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    run = ran(wiring, number)
    assert (run.state, run.exit_code, run.output) == ("passed", 0, "")
    assert verdict(wiring, number).state == "pass"
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert nothing_is_left(wiring, path)


def test_it_runs_on_the_merge_result_in_a_directory_named_like_the_service(wiring: Wiring) -> None:
    path, number = verified(wiring, "pwd; cat other.txt docker-compose.yml; git log --oneline; git status --short")
    (path / "other.txt").write_text("from main\n")
    git(path, "add", "other.txt")
    git(path, "commit", "-qm", "Meanwhile")
    output = ran(wiring, number).output
    assert output.splitlines()[0].endswith("/checkout/web")
    assert "from main" in output
    assert "nginx:1.27" in output
    assert f"Verify #{number}" in output
    assert "Meanwhile" in output
    assert nothing_is_left(wiring, path)


def test_a_run_that_fails_says_why(wiring: Wiring) -> None:
    path, number = verified(wiring, "echo 1 of 5 failed; exit 3")
    run = ran(wiring, number)
    assert (run.state, run.exit_code, run.output) == ("failed", 3, "1 of 5 failed")
    said = verdict(wiring, number)
    assert said.state == "fail"
    assert said.sentence.startswith("The verify command ended with code 3 after")
    assert said.evidence == ("echo 1 of 5 failed; exit 3", "1 of 5 failed")
    assert nothing_is_left(wiring, path)


def test_a_run_that_hangs_is_ended(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "LIMIT_SECONDS", 0.5)
    path, number = verified(wiring, "sleep 600 & setsid sleep 600 & echo begun; sleep 600")
    run = ran(wiring, number)
    assert (run.state, run.exit_code) == ("broken", None)
    assert run.output.startswith("begun\nIt did not end within")
    assert verdict(wiring, number).sentence == "The verify command did not come to an end."
    assert nothing_is_left(wiring, path)


def test_what_it_writes_is_thrown_away(wiring: Wiring) -> None:
    command = "rm -rf docker-compose.yml && mkdir -p ro/x && touch new ro/x/y ~/z && chmod -R a-w ro && chmod 000 ro/x"
    path, number = verified(wiring, command)
    assert ran(wiring, number).state == "passed"
    assert nothing_is_left(wiring, path)
    assert git(path, "status", "--short") == ""
    assert git(path, "fsck", "--strict", "--no-dangling") == ""


def test_a_new_commit_or_a_new_main_wants_a_new_run(wiring: Wiring) -> None:
    path, number = verified(wiring, "true")
    assert ran(wiring, number).state == "passed"
    factories.committed(wiring, number, "more\n", path="more.txt")
    assert verdict(wiring, number).state == "pending"
    assert ran(wiring, number).state == "passed"
    (path / "other.txt").write_text("from main\n")
    git(path, "add", "other.txt")
    git(path, "commit", "-qm", "Meanwhile")
    assert verdict(wiring, number).state == "pending"


def test_asked_again_it_runs_again(wiring: Wiring) -> None:
    _, number = verified(wiring, "exit 1")
    assert ran(wiring, number).id < ran(wiring, number).id


def test_asked_twice_while_it_waits_it_runs_once(wiring: Wiring) -> None:
    _, number = verified(wiring, "true")
    with wiring.units.write(OWNER) as uow:
        first = work.verify(uow, number).id
    assert verdict(wiring, number).sentence == "The verify command is running."
    assert ran(wiring, number).id == first
    assert verifying.carry_out(wiring.units, OWNER, first, wiring.settings.var / "worktrees") is None


def test_a_command_that_nobody_trusts_does_not_run(wiring: Wiring) -> None:
    factories.service(wiring, files={FILE: "verify: touch /tmp/never\n"})
    number = factories.ready(wiring)
    said = verdict(wiring, number)
    assert (said.state, said.mend, said.evidence) == (
        "pending",
        "Read it, then: calcifer work trust web",
        ("touch /tmp/never",),
    )
    with pytest.raises(Conflict, match="not trusted"), wiring.units.write(OWNER) as uow:
        work.verify(uow, number)


def test_trust_that_was_taken_back_meanwhile_counts(wiring: Wiring) -> None:
    _, number = verified(wiring, "true")
    with wiring.units.write(OWNER) as uow:
        asked = work.verify(uow, number)
        trusted = queries.find_trusted(uow.db, asked.service_id, "true")
        uow.db.delete(trusted)
    wiring.jobs.run_due()
    with wiring.units.read(OWNER) as uow:
        found = queries.get_verification(uow.db, asked.id)
        assert (found.state, found.output) == ("broken", "The command is not trusted to run on this machine.")


def test_a_strict_service_needs_a_command_that_the_first_item_may_bring(wiring: Wiring) -> None:
    factories.service(wiring, files={FILE: "policy: strict\n"})
    number = factories.ready(wiring)
    assert verdict(wiring, number).state == "fail"
    factories.committed(wiring, number, "policy: strict\nverify: 'true'\n", path=FILE)
    assert verdict(wiring, number).state == "pass"


def test_what_a_dead_process_left_goes_before_the_next_run(wiring: Wiring) -> None:
    path, number = verified(wiring, "true")
    worktrees = wiring.settings.var / "worktrees"
    dead, alive = worktrees / "verify-7-dead", worktrees / "verify-8-alive"
    for folder in (dead, alive):
        git(path, "worktree", "add", "-q", "--detach", str(folder / "checkout" / "web"))
        folder.with_suffix(".lock").touch()
    held = Tenure(alive.with_suffix(".lock"))
    assert held.take("another process")
    env = os.environ | {commands.MARK: str(dead)}
    with subprocess.Popen(["sleep", "600"], env=env) as orphan:
        assert ran(wiring, number).state == "passed"
        assert orphan.wait() == -9
    assert sorted(path.name for path in worktrees.iterdir()) == ["verify-8-alive", "verify-8-alive.lock"]
    assert len(git(path, "worktree", "list").splitlines()) == 2
    held.give()
    verification.sweep(worktrees)
    assert nothing_is_left(wiring, path)


def test_a_commit_that_is_not_there_breaks_the_run_alone(wiring: Wiring, web: Path) -> None:
    outcome = verification.run(web, "1" * 40, "true", name="9", worktrees=wiring.settings.var / "worktrees")
    assert outcome.state == "broken"
    assert outcome.output.startswith("It could not be run: git worktree failed")
    assert nothing_is_left(wiring, web)


def test_refs_and_index_stay_as_they_are(wiring: Wiring) -> None:
    path, number = verified(wiring, "git commit -q --allow-empty -m mine; git switch -qc mine; true")
    before = git(path, "for-each-ref"), git(path, "write-tree"), Repository(path).head_branch()
    ran(wiring, number)
    git(path, "branch", "-q", "-D", "mine")  # what the command does on purpose is its own business
    assert before == (git(path, "for-each-ref"), git(path, "write-tree"), Repository(path).head_branch())


def test_page_api_and_command(client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring) -> None:
    _, number = verified(wiring, "true")
    assert client.post(f"/work/{number}/verify").status_code == 200
    answer = api.post(f"/api/v1/work/{number}/verify")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    done = calcifer("work", "verify", number, "--json")
    assert done.code == 0
    assert '"passed"' in done.out
    assert (
        next(v for v in api.get(f"/api/v1/work/{number}").json()["verdicts"] if v["rule"] == "verify")["state"]
        == "pass"
    )


def test_a_commit_asks_for_a_run_by_itself_once_the_command_is_trusted(wiring: Wiring) -> None:
    _, number = verified(wiring, "true")
    factories.committed(wiring, number, "more\n", path="more.txt")
    wiring.jobs.run_due()
    assert verdict(wiring, number).state == "pass"


def test_command_says_how_it_ended_and_its_exit_code_too(calcifer: Run, wiring: Wiring) -> None:
    _, number = verified(wiring, "seq 100; echo the port is taken >&2; exit 3")
    failed = calcifer("work", "verify", number)
    assert failed.code == 5
    assert "State: failed" in failed.out
    assert failed.out.rstrip().endswith("100\nthe port is taken")
    assert "\n50\n" not in failed.out
    assert calcifer("work", "verify", number, "--json").code == 5
