"""Shipping to this machine, by the same script as to a host: names, kinds, edits, interruptions."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from calcifer.deployments import shipping
from calcifer.deployments.shipping import InTheWay, Place, ship
from calcifer.deployments.trees import NotShippable, checked, packed
from calcifer.kit.errors import Invalid, NotFound
from calcifer.kit.git.repository import Repository
from calcifer.kit.ssh import HERE
from tests.conftest import Git

pytestmark = pytest.mark.once

ODD = [
    "a b",
    "line\nend",
    'it\'s "quoted"',
    "-rf",
    "$(touch x)",
    "back\\slash",
    "*",
    os.fsdecode(b"caf\xe9"),
    "d\n/e e/-f",
    " ",
]


class Service:
    """A repository and the place that it is shipped to."""

    def __init__(self, root: Path, git: Git) -> None:
        self.path, self.root, self._git = root / "repo", root / "opt", git
        self.path.mkdir()
        git(self.path, "init", "-q")
        self.place = Place(HERE, "app", f"{self.root}/app")
        self.directory = self.root / "app"
        self.versions = self.root / ".versions" / "app"

    def commit(self, files: Mapping[str, str | None]) -> str:
        """Commit files; None removes, `-> x` links, `#!` makes a program."""
        for name, content in files.items():
            path = self.path / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
            if content is None:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if content.startswith("-> "):
                path.symlink_to(content[3:])
                continue
            path.write_text(content)
            path.chmod(0o755 if content.startswith("#!") else 0o644)
        self._git(self.path, "add", "-A", "-f")
        self._git(self.path, "commit", "-qm", "x", "--allow-empty")
        return self._git(self.path, "rev-parse", "HEAD")

    def ship(self, commit: str) -> shipping.Shipped:
        return ship(self.place, Repository(self.path), commit, by="Ada")

    def is_at(self, commit: str) -> bool:
        """Compare the tracked files with a checkout by git, byte for byte."""
        want = self.root.parent / "want"
        shutil.rmtree(want, ignore_errors=True)
        subprocess.run(["git", "clone", "-qs", self.path, want], check=True)
        subprocess.run(["git", "checkout", "-q", commit], cwd=want, check=True)
        shutil.rmtree(want / ".git")
        return all(same(path, self.directory / path.relative_to(want)) for path in want.rglob("*"))


def same(one: Path, other: Path) -> bool:
    """Compare two files or links: kind, content, and whether it may be run."""
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    if one.is_dir():
        return other.is_dir()
    return other.is_file() and one.read_bytes() == other.read_bytes() and one.stat().st_mode == other.stat().st_mode


@pytest.fixture
def service(tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A repository without commits."""
    monkeypatch.setattr(shipping, "ROOT", str(tmp_path / "opt"))
    return Service(tmp_path, git)


def test_replaces_what_is_tracked_and_leaves_what_is_not(service: Service) -> None:
    first = service.commit({"compose.yaml": "1", "run": "#!a", "link": "-> run", "gone/deep/file": "x", "same": "s"})
    shipped = service.ship(first)
    assert shipped.added == ["compose.yaml", "gone/deep/file", "link", "run", "same"]
    (service.directory / "data").mkdir()
    (service.directory / "data" / "db").write_text("precious")
    (service.directory / ".env").write_text("SECRET=1")
    inode = (service.directory / "same").stat().st_ino
    shipping.settle(service.place, first)
    second = service.commit({"compose.yaml": "2", "run": "a", "link": "-> same", "gone/deep/file": None, "new/x": "n"})
    shipped = service.ship(second)
    assert (shipped.added, shipped.changed, shipped.removed) == (
        ["new/x"],
        ["compose.yaml", "link", "run"],
        ["gone/deep/file"],
    )
    assert service.is_at(second)
    assert not (service.directory / "gone").exists()
    assert (service.directory / "same").stat().st_ino == inode
    assert (service.directory / "data" / "db").read_text() == "precious"
    assert (service.directory / ".env").read_text() == "SECRET=1"
    assert sorted(path.name for path in service.directory.iterdir()) == [
        ".env",
        "compose.yaml",
        "data",
        "link",
        "new",
        "run",
        "same",
    ]
    assert service.ship(second).changed == ["compose.yaml", "link", "run"], "until the containers have followed"
    shipping.settle(service.place, second)
    assert service.ship(second) == shipping.Shipped()
    assert (service.versions / "deployed").read_text().split()[0] == second
    assert (service.versions / first / "gone/deep/file").read_text() == "x"


def test_takes_every_name_that_a_file_system_has(service: Service) -> None:
    first = service.commit(dict.fromkeys(ODD, "1") | {"keep": "1"})
    assert service.ship(first).added == sorted([*ODD, "keep"], key=os.fsencode)
    assert service.is_at(first)
    second = service.commit(dict.fromkeys(ODD[::2], "2") | dict.fromkeys(ODD[1::2]))
    service.ship(second)
    assert service.is_at(second)
    assert {path.name for path in service.directory.iterdir()} == {*(name.split("/")[0] for name in ODD[::2]), "keep"}


@pytest.mark.parametrize("there", ["file", "link", "folder"])
def test_what_somebody_else_put_there_is_in_the_way(service: Service, there: str) -> None:
    service.ship(service.commit({"a": "1", "conf/b": "1"}))
    second = service.commit({"a": "2", "conf/new": "x"})
    odd = service.directory / "conf" / "new"
    if there == "file":
        odd.write_text("mine")
    elif there == "link":
        odd.symlink_to("/etc/hosts")
    else:
        odd.mkdir()
        (odd / "data").write_text("mine")
    with pytest.raises(InTheWay) as error:
        service.ship(second)
    assert error.value.paths == ["conf/new"]
    assert (service.directory / "a").read_text() == "1"


def test_an_edit_on_the_host_stays_or_is_in_the_way(service: Service) -> None:
    service.ship(service.commit({"a": "1", "b": "1", "c": "1"}))
    (service.directory / "a").write_text("edited")
    second = service.commit({"b": "2"})
    assert service.ship(second).edited == ["a"]
    assert (service.directory / "a").read_text() == "edited"
    with pytest.raises(InTheWay):
        service.ship(service.commit({"a": "2"}))
    with pytest.raises(InTheWay):
        service.ship(service.commit({"a": None}))
    (service.directory / "a").write_text("2")  # the same edit
    service.ship(service.commit({"a": "2"}))


def test_nothing_is_written_through_a_link(service: Service, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    service.ship(service.commit({"conf": f"-> {outside}", "a": "1"}))
    second = service.commit({"conf": None})
    second = service.commit({"conf/x": "mine"})
    service.ship(second)
    assert service.is_at(second)
    assert not list(outside.iterdir())
    shutil.rmtree(service.directory / "conf")
    (service.directory / "conf").symlink_to(outside)
    with pytest.raises(InTheWay):
        service.ship(service.commit({"conf/x": "again"}))
    assert not list(outside.iterdir())


def test_a_folder_becomes_a_file_and_back(service: Service) -> None:
    first = service.commit({"a/b/c": "1", "a/d": "1", "z": "1"})
    second = service.commit({"a": "file", "z": None})
    third = service.commit({"a": None, "z/y": "2"})
    for commit in (first, second, third, first, third, second, first):
        service.ship(commit)
        assert service.is_at(commit)
    (service.directory / "a" / "data").write_text("mine")
    with pytest.raises(InTheWay):
        service.ship(second)
    assert service.is_at(first)


def test_goes_back_to_a_kept_version(service: Service) -> None:
    first = service.commit({"a": "1", "b": "1"})
    service.ship(first)
    second = service.commit({"a": "2", "b": None})
    service.ship(second)
    with packed(Repository(service.path), first) as version:
        digest = version.digest
    shipping.go_back(service.place, first, digest, by="Ada")
    assert service.is_at(first)
    service.ship(second)
    (service.versions / first / "a").write_text("damaged")
    with pytest.raises(NotFound):
        shipping.go_back(service.place, first, digest, by="Ada")
    last = second
    for number in range(shipping.KEPT + 1):
        last = service.commit({"a": f"x{number}"})
        service.ship(last)
    assert len(list(service.versions.glob("*.list"))) == shipping.KEPT
    assert (service.versions / last / "a").exists()


@pytest.mark.parametrize(
    "tree",
    [
        {"../a": 0o100644},
        {"a//b": 0o100644},
        {"a/./b": 0o100644},
        {".git/config": 0o100644},
        {"a/.GIT/hooks/x": 0o100755},
        {"a/git~1/x": 0o100644},
        {"a": 0o120000, "a/b": 0o100644},
        {"lib": 0o160000},
        {".calcifer-placing/x": 0o100644},
        {"a" * 300: 0o100644},
        {str(number): 0o100644 for number in range(20_001)},
        {},
    ],
    ids=lambda tree: next(iter(tree), "empty")[:20] if isinstance(tree, dict) else None,
)
def test_a_hostile_tree_is_refused(tree: dict[str, int]) -> None:
    with pytest.raises(NotShippable):
        checked(tree, "a" * 40)


@pytest.mark.parametrize("directory", ["/", "/etc", "srv/app", "/srv/../etc", "/srv//app", "/srv/a\nb"])
def test_a_directory_that_is_none_is_refused(directory: str) -> None:
    with pytest.raises(Invalid):
        Place(HERE, "app", directory)


def test_files_are_as_a_checkout_has_them(service: Service) -> None:
    commit = service.commit(
        {
            ".gitattributes": "*.bat eol=crlf\nhidden export-ignore\n*.id ident\n",
            "a.bat": "1\n2\n",
            "hidden": "h",
            "x.id": "$Id$\n",
        }
    )
    service.ship(commit)
    assert service.is_at(commit)
    assert (service.directory / "a.bat").read_bytes() == b"1\r\n2\r\n"
    assert (service.directory / "hidden").exists()


def test_what_was_edited_is_said_and_kept_aside_where_that_is_asked_for(service: Service) -> None:
    first = service.commit({"a": "one\n", "d/b\nc": "one\n", "old": "one\n", "same": "one\n"})
    service.ship(first)
    assert shipping.edited(service.place) == []
    for name in ("a", "d/b\nc", "old", "same"):
        (service.directory / name).write_text("mine\n")
    (service.directory / "own").write_text("untracked\n")
    assert shipping.edited(service.place) == ["a", "d/b\nc", "old", "same"]
    second = service.commit({"a": "two\n", "d/b\nc": "two\n", "old": None})
    with pytest.raises(InTheWay):
        service.ship(second)
    shipped = ship(service.place, Repository(service.path), second, by="Ada", aside=True)
    assert service.is_at(second)
    assert not (service.directory / "old").exists()
    assert (service.directory / "own").read_text() == "untracked\n"
    assert {"a", "d/b\nc", "same"} <= set(shipped.changed)
    (kept,) = (service.versions / "aside").iterdir()
    names = {path.relative_to(kept).as_posix(): path.read_text() for path in kept.rglob("*") if path.is_file()}
    assert names == dict.fromkeys(("a", "d/b\nc", "old", "same"), "mine\n")
    assert shipping.edited(service.place) == []


def test_a_folder_of_a_repository_is_shipped_without_what_others_are(service: Service) -> None:
    commit = service.commit({"top": "t\n", "web/a": "a\n", "web/d/b": "b\n", "api/x": "x\n"})
    web = replace(service.place, folder="web")
    ship(web, Repository(service.path), commit, by="Ada")
    assert sorted(path.relative_to(service.directory).as_posix() for path in service.directory.rglob("*")) == [
        "a",
        "d",
        "d/b",
    ]
    rest = Place(HERE, "rest", f"{service.root}/rest", without=("web", "api"))
    ship(rest, Repository(service.path), commit, by="Ada")
    assert [path.name for path in (service.root / "rest").iterdir()] == ["top"]


def test_records_are_added_on_the_host(service: Service) -> None:
    service.ship(service.commit({"a": "one\n"}))
    shipping.note(service.place, "---\nsaid: it's $HOME `x`\n")
    shipping.note(service.place, "---\nsaid: two\n")
    assert (service.versions / "records").read_text() == "---\nsaid: it's $HOME `x`\n---\nsaid: two\n"
