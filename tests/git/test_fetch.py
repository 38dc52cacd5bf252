"""Bringing what is at origin here."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.git import service
from calcifer.git.service import Nowhere
from calcifer.kit.errors import Conflict, NotFound, Unavailable
from calcifer.kit.git import remotes
from calcifer.kit.git.remotes import NoOrigin, Refused
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from tests.conftest import Git, Ran
from tests.git.conftest import State, commit

Elsewhere = Callable[[str], str]
Command = Callable[..., Ran]


def fetched(wiring: Wiring, actor: Actor, names: list[str] | None = None) -> list[str]:
    """Promise it and do it; return how the jobs ended."""
    with wiring.units.write(actor) as uow:
        rows = service.fetch(uow, names)
    return [row.state for row in wiring.jobs.wait_all([row.id for row in rows])]


def test_behind_is_seen_and_no_branch_of_ours_moves(
    wiring: Wiring, actor: Actor, web: Path, elsewhere: Elsewhere, git: Git, state: State
) -> None:
    before = git(web, "rev-parse", "main")
    there = elsewhere("new")
    assert fetched(wiring, actor, ["web"]) == ["done"]
    seen = state("web").state
    assert seen is not None
    assert (seen.remote_main, seen.ahead, seen.behind, seen.badges) == (there, 0, 1, ["behind"])
    assert seen.fetched_at is not None
    assert git(web, "rev-parse", "main") == before
    assert git(web, "status", "--short") == ""
    assert not (web / ".git" / "FETCH_HEAD").exists()


def test_all_are_those_with_an_origin(wiring: Wiring, actor: Actor, origin: Path) -> None:
    assert fetched(wiring, actor) == ["done"]


def test_without_any_origin_it_says_so(wiring: Wiring, actor: Actor, web: Path) -> None:
    with pytest.raises(Nowhere), wiring.units.write(actor) as uow:
        service.fetch(uow)
    with pytest.raises(NoOrigin, match="web has no remote"), wiring.units.write(actor) as uow:
        service.fetch(uow, ["web"])
    with pytest.raises(NotFound), wiring.units.write(actor) as uow:
        service.fetch(uow, ["nothing"])


def test_a_stranger_may_not(wiring: Wiring, origin: Path) -> None:
    with pytest.raises(NotAllowed), wiring.units.write(Actor("", "", "nobody")) as uow:
        service.fetch(uow)


def test_a_configured_mirror_does_not_overwrite_our_branches(web: Path, elsewhere: Elsewhere, git: Git) -> None:
    elsewhere("new")
    git(web, "config", "remote.origin.fetch", "+refs/heads/*:refs/heads/*")
    git(web, "config", "remote.origin.mirror", "true")
    here = commit(web, git)
    remotes.fetch(web)
    assert git(web, "rev-parse", "main") == here
    git(web, "reset", "-q", "--hard", "origin/main")
    commit(web, git, "pushed")
    assert remotes.push(web, "main").new == git(web, "rev-parse", "main")


def test_what_origin_has_deleted_is_kept_here(web: Path, origin: Path, git: Git) -> None:
    git(origin, "branch", "old", "main")
    remotes.fetch(web)
    git(origin, "branch", "-D", "old")
    remotes.fetch(web)
    assert git(web, "rev-parse", "refs/remotes/origin/old")


@pytest.mark.parametrize("address", ["/nowhere/at/all.git", "ext::sh -c touch% owned"])
def test_a_bad_address_is_a_sentence_for_a_person(web: Path, git: Git, address: str) -> None:
    git(web, "remote", "add", "origin", address)
    with pytest.raises(Conflict if address.startswith("/") else Exception, match=r"origin|repository|not allowed|ext"):
        remotes.fetch(web)
    assert not (web / "owned").exists()


def test_no_password_is_asked_for_and_none_is_shown(web: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git(web, "remote", "add", "origin", "https://ada:secret@127.0.0.1:1/web.git")
    monkeypatch.setenv("GIT_ASKPASS", "/bin/false")
    with pytest.raises(Exception, match=r"https://…@127\.0\.0\.1:1/web\.git") as caught:
        remotes.fetch(web)
    assert "secret" not in str(caught.value)


def test_the_reason_is_not_lost_behind_what_git_always_says(web: Path, git: Git, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\necho 'ssh: Could not resolve hostname nas: Name or service not known' >&2\nexit 255\n")
    ssh.chmod(0o755)
    git(web, "config", "core.sshCommand", str(ssh))
    git(web, "remote", "add", "origin", "git@nas:web.git")
    with pytest.raises(Unavailable, match=r"Could not resolve hostname nas") as caught:
        remotes.fetch(web)
    assert "correct access rights" not in str(caught.value)


def test_ssh_never_asks(web: Path, git: Git, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\necho "Permission denied (publickey)." >&2\nexit 255\n'
    )
    ssh.chmod(0o755)
    git(web, "config", "core.sshCommand", str(ssh))
    git(web, "remote", "add", "origin", "git@example.org:web.git")
    with pytest.raises(Refused, match="refused the credentials"):
        remotes.fetch(web)
    assert "BatchMode=yes" in (tmp_path / "arguments").read_text()


def test_page(client: TestClient, wiring: Wiring, elsewhere: Elsewhere, state: State) -> None:
    elsewhere("new")
    answer = client.post("/git/fetch", data={"service_name": "web"})
    assert answer.url.path == "/git/services/web"
    assert "Fetching: 1." in answer.text
    assert "1 job not done yet" in answer.text
    assert wiring.jobs.run_due() == 1
    shown = client.get("/git/services/web").text
    assert "0 ahead, 1 behind" in shown
    assert client.post("/git/fetch", data={"service_name": "nothing"}).status_code == 404


def test_api(api: TestClient, wiring: Wiring, elsewhere: Elsewhere) -> None:
    elsewhere("new")
    answer = api.post("/api/v1/git/fetch", json={"services": ["web"]})
    assert answer.status_code == 202
    (job,) = answer.json()
    assert (job["name"], job["subject"], job["state"]) == ("git.fetch", "web", "pending")
    wiring.jobs.run_due()
    assert api.get(f"/api/v1/git/jobs/{job['id']}").json()["result"] == {"ahead": 0, "behind": 1}
    assert api.get("/api/v1/git/jobs/999").status_code == 404
    assert api.post("/api/v1/git/fetch", json={"services": ["nothing"]}).status_code == 404
    assert api.post("/api/v1/git/fetch", json={"services": ["x\n"]}).status_code in {404, 422}


def test_cli(calcifer: Command, elsewhere: Elsewhere) -> None:
    elsewhere("new")
    code, out, _ = calcifer("git", "fetch", "web")
    assert (code, out) == (0, "Service\tState\tResult\nweb\tdone\tahead 0, behind 1\n")
    assert calcifer("git", "fetch", "nothing").code == 3


def test_cli_ends_with_the_code_of_what_failed(calcifer: Command, web: Path, git: Git) -> None:
    git(web, "remote", "add", "origin", "/nowhere/at/all.git")
    code, out, err = calcifer("git", "fetch")
    assert code == 5
    assert "web\tfailed\t" in out
    assert err.startswith("Error: /nowhere/at/all.git has no such repository")
