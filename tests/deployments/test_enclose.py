"""Secrets in .env on a host: behind what is there, 0600, replaced, gone again; edits are seen, nothing is lost."""

import itertools
from pathlib import Path

import pytest

from calcifer.deployments import shipping
from calcifer.deployments.shipping import InTheWay, Shipped, ship
from calcifer.deployments.trees import NotShippable
from calcifer.kit import dotenv
from calcifer.kit.errors import Conflict
from calcifer.kit.git.repository import Repository
from tests.conftest import Git
from tests.deployments.test_ship import Service

pytestmark = pytest.mark.once

CANARY = "c4nary-$x'\"#\n-9f27ac"
TAGS = itertools.count()


@pytest.fixture
def service(tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A repository without commits."""
    monkeypatch.setattr(shipping, "ROOT", str(tmp_path / "opt"))
    return Service(tmp_path, git)


def block(value: str = CANARY) -> bytes:
    return dotenv.block({"PASSWORD": value}, f"{next(TAGS):032x}")


def bring(service: Service, commit: str, secrets: bytes = b"", *, aside: bool = False) -> Shipped:
    return ship(service.place, Repository(service.path), commit, by="Ada", block=secrets, aside=aside)


def is_nowhere_else(service: Service) -> bool:
    """Whether the canary is in .env alone."""
    every = [path for path in service.root.rglob("*") if path.is_file() and path != service.directory / ".env"]
    return not any(b"c4nary" in path.read_bytes() for path in every)


@pytest.mark.parametrize("there", ["A=1\n", "A=1", "", "A='x\n\ny'\n\n"])
def test_stands_behind_what_is_tracked(service: Service, there: str) -> None:
    env = service.directory / ".env"
    first = service.commit({".env": there, "a": "1"})
    one = block()
    assert ".env" in bring(service, first, one).added
    assert env.read_bytes() == there.encode() + b"\n" + one
    assert env.stat().st_mode & 0o777 == 0o600
    assert shipping.edited(service.place) == []
    shipping.settle(service.place, first)
    inode = env.stat().st_ino
    assert bring(service, first, one) == Shipped()
    assert env.stat().st_ino == inode
    two = block("other")
    assert bring(service, first, two).changed == [".env"]
    assert env.read_bytes() == there.encode() + b"\n" + two
    second = service.commit({".env": there + "\nB=2\n"})
    bring(service, second, two)
    assert env.read_bytes() == there.encode() + b"\nB=2\n\n" + two
    bring(service, second)
    assert service.is_at(second)
    assert not (service.versions / "enclosed").exists()
    assert is_nowhere_else(service)


@pytest.mark.parametrize("there", [None, "", "MINE=1", "MINE=1\n"])
def test_stands_behind_what_is_a_persons_own(service: Service, there: str | None) -> None:
    commit = service.commit({"a": "1"})
    env = service.directory / ".env"
    if there is not None:
        service.directory.mkdir(parents=True)
        env.write_text(there)
        env.chmod(0o644)
    one = block()
    bring(service, commit, one)
    assert env.read_bytes() == (one if there is None else there.encode() + b"\n" + one)
    assert env.stat().st_mode & 0o777 == 0o600
    with env.open("a") as file:
        file.write("LATER=1\n")
    two = block("other")
    bring(service, commit, two)
    assert env.read_bytes() == (b"" if there is None else there.encode() + b"\n") + two + b"LATER=1\n"
    assert shipping.edited(service.place) == [], "what stands outside is not ours"
    env.write_bytes(env.read_bytes().removesuffix(b"LATER=1\n"))
    bring(service, commit)
    assert (env.read_text() if env.exists() else None) == there


def test_git_takes_over_and_lets_go(service: Service) -> None:
    env, one = service.directory / ".env", block()
    bring(service, service.commit({"a": "1"}), one)
    second = service.commit({".env": "A=1\n"})
    bring(service, second, one)
    assert env.read_bytes() == b"A=1\n\n" + one
    bring(service, service.commit({".env": None}), one)
    assert env.read_bytes() == one
    bring(service, second)
    assert service.is_at(second)
    bring(service, service.commit({".env": None}))
    assert not env.exists()


def test_an_edit_of_it_is_seen_and_is_in_the_way(service: Service) -> None:
    env, one = service.directory / ".env", block()
    first = service.commit({".env": "A=1\n", "a": "1"})
    bring(service, first, one)
    env.write_bytes(env.read_bytes().replace(b"c4nary", b"mine"))
    assert shipping.edited(service.place) == [".env"]
    second = service.commit({"a": "2"})
    with pytest.raises(InTheWay) as error:
        bring(service, second, one)
    assert error.value.paths == [".env"]
    assert (service.directory / "a").read_text() == "1"
    bring(service, second, one, aside=True)
    assert env.read_bytes() == b"A=1\n\n" + one
    env.write_bytes(b"A=1\n")
    assert shipping.edited(service.place) == [".env"], "who takes it out has edited it"
    env.write_bytes(b"A=2\n\n" + one)
    assert shipping.edited(service.place) == [".env"]
    bring(service, service.commit({".env": "A=3\n"}), one, aside=True)
    assert env.read_bytes() == b"A=3\n\n" + one
    kept = [path.read_bytes() for path in (service.versions / "aside").rglob(".env")]
    assert kept == [b"A=2\n"]
    assert is_nowhere_else(service)


def test_what_cannot_take_it_is_said(service: Service, tmp_path: Path) -> None:
    commit = service.commit({"a": "1"})
    env = service.directory / ".env"
    service.directory.mkdir(parents=True)
    env.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict, match="no plain file"):
        bring(service, commit, block())
    assert not (service.directory / "a").exists()
    env.unlink()
    bring(service, commit, block())
    env.write_bytes(env.read_bytes().removesuffix(b"# <<< secrets\n") + b"MINE=1\n")
    with pytest.raises(Conflict, match="without its end"):
        bring(service, commit, block(), aside=True)
    assert env.read_text().endswith("MINE=1\n")
    linked = service.commit({".env": "-> a"})
    with pytest.raises(NotShippable, match="is a link in git"):
        bring(service, linked, block())


def test_one_that_was_cut_off_is_repeated(service: Service) -> None:
    first = service.commit({".env": "A=1\n"})
    bring(service, first, block())
    (service.versions / "begun").write_text(f"{first}\n")
    (service.directory / ".env").write_text("A=1\n")
    (service.directory / ".calcifer-placing").mkdir()
    (service.directory / ".calcifer-placing/.env.new").write_text("half")
    assert shipping.edited(service.place) == []
    one = block("other")
    assert bring(service, first, one).changed == [".env"]
    assert (service.directory / ".env").read_bytes() == b"A=1\n\n" + one
