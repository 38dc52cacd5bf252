"""Looking at every repository again."""

from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

from calcifer.git import service
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from tests.conftest import Git, Ran
from tests.git.conftest import State, commit
from tests.work import factories


def refreshed(wiring: Wiring, actor: Actor, name: str | None = None) -> None:
    """Promise it and do it."""
    with wiring.units.write(actor) as uow:
        row = service.refresh(uow, name)
    assert wiring.jobs.wait(row.id).error is None


def test_edits_of_every_checkout_are_seen(
    wiring: Wiring, actor: Actor, web: Path, git: Git, state: State, tmp_path: Path
) -> None:
    (web / "README.md").write_text("edited")
    (web / "new file").write_text("x")
    (web / ".env").write_text("SECRET=1")
    git(web, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "side" / "more").write_text("x")
    refreshed(wiring, actor)
    seen = state("web").state
    assert seen is not None
    assert (seen.edit_count, seen.badges) == (3, ["dirty"])
    assert [(one["path"], one["branch"], one["names"]) for one in seen.checkouts] == [
        (str(web), "main", ["README.md", "new file"]),
        (str(tmp_path / "side"), "side", ["more"]),
    ]


def test_only_branches_without_an_open_item_are_stray(
    wiring: Wiring, actor: Actor, web: Path, git: Git, state: State
) -> None:
    factories.committed(wiring, factories.opened(wiring))
    dropped = factories.opened(wiring, title="Another")
    git(web, "branch", "left-over")
    git(web, "branch", f"work/{dropped}-not-its-branch")
    refreshed(wiring, actor, "web")
    seen = state("web").state
    assert seen is not None
    assert {branch["name"] for branch in seen.strays} == {"left-over", f"work/{dropped}-not-its-branch"}
    assert (seen.stray_count, seen.branch_count) == (2, 4)
    assert {branch["state"] for branch in seen.strays} == {"empty"}


def test_one_that_cannot_be_read_does_not_hide_the_others(
    wiring: Wiring, actor: Actor, web: Path, state: State
) -> None:
    other = factories.service(wiring, "other")
    refreshed(wiring, actor)
    (other / ".git" / "HEAD").unlink()
    (web / "README.md").write_text("edited")
    refreshed(wiring, actor)
    broken, seen = state("other"), state("web")
    assert broken.badges == ["broken"]
    assert broken.state is not None
    assert broken.state.main is not None  # what was seen last is kept
    assert seen.badges == ["dirty"]


def test_ahead_is_counted_against_origin_as_last_fetched(
    wiring: Wiring, actor: Actor, web: Path, origin: Path, git: Git, state: State
) -> None:
    commit(web, git)
    refreshed(wiring, actor)
    assert state("web").badges == ["ahead"]


def test_page(client: TestClient, wiring: Wiring, web: Path) -> None:
    answer = client.post("/git/refresh")
    assert answer.url.path == "/git"
    assert "Looking again." in answer.text
    assert "git.refresh" in answer.text
    wiring.jobs.run_due()
    assert "git.refresh" not in client.get("/git").text


def test_api(api: TestClient, wiring: Wiring, web: Path) -> None:
    job = api.post("/api/v1/git/refresh").json()
    wiring.jobs.run_due()
    assert api.get(f"/api/v1/git/jobs/{job['id']}").json()["result"] == {"repositories": 1}


def test_cli(calcifer: Callable[..., Ran], web: Path) -> None:
    code, out, _ = calcifer("git", "refresh")
    assert (code, out.splitlines()[-1]) == (0, "*\tdone\trepositories 1")
