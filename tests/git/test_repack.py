"""Packing loose objects: fewer files, and nothing dropped."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.git import service
from calcifer.kit.git import packing
from calcifer.kit.git.repository import Repository
from calcifer.kit.promises import find_latest
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from tests.conftest import Git, Ran
from tests.owner import OWNER
from tests.work import factories


def loose(path: Path) -> int:
    """Count loose objects."""
    return sum(1 for folder in (path / ".git" / "objects").glob("??") for _ in folder.iterdir())


def littered(path: Path, many: int = 2600) -> list[str]:
    """Write blobs that nothing names, as a tree edited in the browser and thrown away leaves them."""
    repository, chance = Repository(path), random.Random(1)
    return [repository.write_blob(chance.randbytes(20)) for _ in range(many)]


def test_everything_that_was_there_is_there(wiring: Wiring, actor: Actor, web: Path, git: Git) -> None:
    blobs = littered(web, 100)
    before = loose(web)
    with wiring.units.write(actor) as uow:
        (row,) = service.repack(uow, ["web"])
    assert wiring.jobs.wait(row.id).error is None
    assert before > 100
    assert loose(web) == 0
    repository = Repository(web)
    assert all(repository.has(oid) for oid in blobs)
    git(web, "fsck", "--strict")
    factories.completed(wiring)
    assert git(web, "status", "--porcelain") == ""


def test_completing_promises_it_where_there_are_many(wiring: Wiring, web: Path) -> None:
    factories.completed(wiring)
    with wiring.units.read(OWNER) as uow:
        assert find_latest(uow.db, service.REPACK, "web") is None
    littered(web)
    factories.completed(wiring, content=factories.COMPOSE.replace("1.25", "1.28"))
    with wiring.units.read(OWNER) as uow:
        assert find_latest(uow.db, service.REPACK, "web") is not None
    wiring.jobs.run_due()
    assert loose(web) == 0
    assert not packing.has_many_loose(web / ".git")


def test_a_stranger_may_not(wiring: Wiring, web: Path) -> None:
    with pytest.raises(NotAllowed), wiring.units.write(Actor("", "", "nobody")) as uow:
        service.repack(uow)


def test_page(client: TestClient, wiring: Wiring, web: Path) -> None:
    assert "Packing: 1." in client.post("/git/repack", data={"service_name": "web"}).text
    wiring.jobs.run_due()
    assert loose(web) == 0
    assert client.post("/git/repack", data={"service_name": "nothing"}).status_code == 404


def test_api(api: TestClient, wiring: Wiring, web: Path) -> None:
    (job,) = api.post("/api/v1/git/repack", json={}).json()
    wiring.jobs.run_due()
    assert api.get(f"/api/v1/git/jobs/{job['id']}").json()["state"] == "done"
    assert loose(web) == 0


def test_cli(calcifer: Callable[..., Ran], web: Path) -> None:
    assert calcifer("git", "repack", "web").code == 0
    assert loose(web) == 0
    assert calcifer("git", "repack", "nothing").code == 3
