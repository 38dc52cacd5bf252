"""Trying again what is held because something was in the way of a checkout."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.git import service
from calcifer.kit import journal
from calcifer.kit.git.repository import Repository
from calcifer.kit.journal import Following, Plan, RepositoryPlan
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from tests.conftest import Git, Ran


@pytest.fixture
def held(wiring: Wiring, web: Path, git: Git) -> Path:
    """A checkout that could not follow, as when its writer died and somebody edited the file before the next start."""
    old = git(web, "rev-parse", "main")
    (web / "README.md").write_text("# New\n")
    git(web, "commit", "-qam", "New words")
    new = git(web, "rev-parse", "main")
    git(web, "reset", "-q", "--hard", old)
    git(web, "update-ref", "refs/heads/main", new)
    git(web, "read-tree", old)
    (web / "README.md").write_text("mine\n")
    repository = Repository(web)
    plan = Plan([RepositoryPlan(str(web), [], [Following(str(web), repository.tree_of(old), repository.tree_of(new))])])
    with wiring.units.database.writing() as session:
        journal.write(session, plan, wiring.units.clock())
        session.commit()
    wiring.units.replay()
    return web


def test_a_held_checkout_follows_once_the_way_is_free(wiring: Wiring, actor: Actor, held: Path, git: Git) -> None:
    with wiring.units.write(actor) as uow:
        row = service.follow(uow)
    assert wiring.jobs.wait(row.id).result == {"held": 1}
    assert (held / "README.md").read_text() == "mine\n"
    git(held, "checkout", "-q", "--", "README.md")
    with wiring.units.write(actor) as uow:
        row = service.follow(uow)
    assert wiring.jobs.wait(row.id).result == {"held": 0}
    assert (held / "README.md").read_text() == "# New\n"
    assert git(held, "status", "--short") == ""


def test_page(client: TestClient, wiring: Wiring, held: Path, git: Git) -> None:
    assert "would be overwritten: README.md" in client.get("/git").text
    git(held, "checkout", "-q", "--", "README.md")
    assert "Trying again." in client.post("/git/follow").text
    wiring.jobs.run_due()
    assert "would be overwritten" not in client.get("/git").text


def test_api(api: TestClient, wiring: Wiring, held: Path) -> None:
    (row,) = api.get("/api/v1/git/held").json()
    assert "README.md" in row["held"]
    assert api.post("/api/v1/git/follow").status_code == 202
    assert wiring.jobs.run_due() == 1


def test_cli(calcifer: Callable[..., Ran], held: Path, git: Git) -> None:
    assert "`calcifer git follow` tries again" in calcifer("git", "status").err
    code, out, _ = calcifer("git", "follow")
    assert code == 0
    assert "README.md" in out
    git(held, "checkout", "-q", "--", "README.md")
    assert calcifer("git", "follow").err.endswith("Nothing is held.\n")
