"""Bringing main to origin."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.activity import queries as activity
from calcifer.git import service
from calcifer.kit.git import remotes
from calcifer.kit.git.remotes import Diverged, Refused
from calcifer.kit.promises import JobRow
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from tests.conftest import Git, Ran
from tests.git.conftest import State, commit
from tests.work import factories

Elsewhere = Callable[[str], str]


def pushed(wiring: Wiring, actor: Actor, names: list[str] | None = None) -> list[JobRow]:
    """Promise it and do it; return how the jobs ended."""
    with wiring.units.write(actor) as uow:
        rows = service.push(uow, names)
    return wiring.jobs.wait_all([row.id for row in rows])


def test_main_arrives_and_is_recorded(
    wiring: Wiring, actor: Actor, web: Path, origin: Path, git: Git, state: State
) -> None:
    before, after = git(web, "rev-parse", "main"), commit(web, git)
    (job,) = pushed(wiring, actor)
    assert job.result == {"to": str(origin), "before": before, "after": after}
    assert git(origin, "rev-parse", "main") == after
    seen = state("web").state
    assert seen is not None
    assert (seen.ahead, seen.remote_main, seen.badges) == (0, after, ["clean"])
    assert seen.pushed_at is not None
    with wiring.units.read(actor) as uow:
        entry = activity.list_entries(uow.db, service="web")[0]
    assert (entry.verb, entry.actor, entry.detail["after"]) == ("git.push", actor.name, after)


def test_a_completed_item_is_pushed_as_who_completed_it(
    wiring: Wiring, actor: Actor, web: Path, origin: Path, git: Git
) -> None:
    factories.completed(wiring)
    assert wiring.jobs.run_due() == 1
    assert git(origin, "rev-parse", "main") == git(web, "rev-parse", "main")
    assert "Pin nginx" in git(origin, "log", "--format=%s", "main")


def test_a_new_branch_at_an_empty_origin(web: Path, git: Git, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "empty.git")
    git(web, "remote", "add", "origin", str(tmp_path / "empty.git"))
    done = remotes.push(web, "main")
    assert (done.old, done.new) == (None, git(web, "rev-parse", "main"))
    again = remotes.push(web, "main")
    assert again.old == again.new == done.new


def test_what_is_there_already_is_left_out(wiring: Wiring, actor: Actor, origin: Path) -> None:
    assert pushed(wiring, actor) == []
    assert [job.state for job in pushed(wiring, actor, ["web"])] == ["done"]
    with wiring.units.read(actor) as uow:
        assert all(entry.verb != "git.push" for entry in activity.list_entries(uow.db))


def test_a_diverged_origin_is_shown_and_never_forced(
    wiring: Wiring, actor: Actor, web: Path, origin: Path, elsewhere: Elsewhere, git: Git, state: State
) -> None:
    there, here = elsewhere("theirs"), commit(web, git, "ours")
    (job,) = pushed(wiring, actor)
    assert job.state == "failed"
    assert isinstance(job.failure, Diverged.__mro__[1])
    assert job.error
    assert "has commits on 'main' that are not here, so nothing was pushed" in job.error
    assert job.mend
    assert "git -C" in job.mend
    assert (git(origin, "rev-parse", "main"), git(web, "rev-parse", "main")) == (there, here)
    seen = state("web").state
    assert seen is not None
    assert (seen.badges, seen.ahead, seen.behind) == (["diverged"], 1, 1)


def test_an_origin_that_says_no_is_told_once(wiring: Wiring, actor: Actor, web: Path, origin: Path, git: Git) -> None:
    hook = origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho main is protected here\nexit 1\n")
    hook.chmod(0o755)
    commit(web, git)
    (job,) = pushed(wiring, actor)
    assert (job.state, job.attempts) == ("failed", 1)
    assert isinstance(job.failure, Refused.__mro__[1])
    assert job.error
    assert "does not take this branch" in job.error


def test_an_origin_that_does_not_answer_is_tried_again(wiring: Wiring, actor: Actor, web: Path, git: Git) -> None:
    git(web, "remote", "add", "origin", "http://127.0.0.1:1/web.git")
    (job,) = pushed(wiring, actor)
    assert (job.state, job.attempts) == ("pending", 1)
    assert job.error
    assert "did not answer as expected" in job.error


def test_hooks_of_the_repository_do_not_run(web: Path, origin: Path, git: Git, tmp_path: Path) -> None:
    hook = web / ".git" / "hooks" / "pre-push"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/owned\n")
    hook.chmod(0o755)
    commit(web, git)
    remotes.push(web, "main")
    assert not (tmp_path / "owned").exists()


def test_a_stranger_may_not(wiring: Wiring, origin: Path) -> None:
    with pytest.raises(NotAllowed), wiring.units.write(Actor("", "", "nobody")) as uow:
        service.push(uow)


def test_page(client: TestClient, wiring: Wiring, web: Path, origin: Path, git: Git) -> None:
    assert "Every origin has what is here." in client.post("/git/push").text
    commit(web, git)
    assert "Pushing: 1." in client.post("/git/push").text
    wiring.jobs.run_due()
    assert git(origin, "rev-parse", "main") == git(web, "rev-parse", "main")
    assert "git.push" in client.get("/git/jobs").text
    git(web, "remote", "remove", "origin")
    answer = client.post("/git/push", data={"service_name": "web"})
    assert answer.status_code == 409
    assert "has no remote that is called origin" in answer.text


def test_api(api: TestClient, wiring: Wiring, web: Path, origin: Path, git: Git) -> None:
    assert api.post("/api/v1/git/push", json={}).json() == []
    after = commit(web, git)
    (job,) = api.post("/api/v1/git/push", json={}).json()
    wiring.jobs.run_due()
    assert api.get(f"/api/v1/git/jobs/{job['id']}").json()["result"]["after"] == after


def test_cli(calcifer: Callable[..., Ran], web: Path, origin: Path, elsewhere: Elsewhere, git: Git) -> None:
    assert calcifer("git", "push").err == "Every origin has what is here.\n"
    after = commit(web, git)
    code, out, _ = calcifer("git", "push", "--json")
    assert code == 0
    assert f'"after": "{after}"' in out
    elsewhere("theirs")
    commit(web, git, "ours")
    code, out, err = calcifer("git", "push")
    assert code == 5
    assert "web\tfailed" in out
    assert "→ Look at them (git -C" in err
