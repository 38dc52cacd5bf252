"""Checkouts that are not plain: submodules, repositories within, sparse ones, indexes of other kinds, hooks."""

from pathlib import Path

import pytest

from calcifer.kit.errors import Conflict, Unavailable
from calcifer.work import service as work
from calcifer.work.schemas import NewChange, NewCommit
from tests.odd.conftest import Around
from tests.odd.loop import Loop, git, made
from tests.owner import OWNER


@pytest.fixture
def with_submodule(around: Around, home: Path, tmp_path: Path) -> Loop:
    """A service with a submodule that is checked out."""
    web, lib = made(home / "web"), made(tmp_path / "lib")
    git(web, "submodule", "--quiet", "add", str(lib), "lib")
    git(web, "commit", "-q", "-m", "Use lib")
    return around(web)


def test_a_submodule(with_submodule: Loop) -> None:
    web = with_submodule.path
    (web / "lib" / "untracked").write_text("mine\n")
    (web / "lib" / "README.md").write_text("edited\n")
    with_submodule.run()
    assert (web / "lib" / "README.md").read_text() == "edited\n"
    assert (web / "lib" / "untracked").read_text() == "mine\n"
    assert "submodule" in with_submodule.file("lib")


def test_a_submodule_that_moves_on(with_submodule: Loop) -> None:
    with_submodule.scan()
    number = with_submodule.open()
    tree = with_submodule.commit_in_worktree(number)
    git(tree, "submodule", "--quiet", "update", "--init")
    git(tree / "lib", "commit", "-q", "--allow-empty", "-m", "On")
    moved = git(tree / "lib", "rev-parse", "HEAD")
    with with_submodule.wiring.units.write(OWNER) as uow:
        work.commit(uow, number, NewCommit(message="Move lib", from_worktree=True))
    with_submodule.commit_text(number)
    with_submodule.look_at_item(number)
    with_submodule.complete(number)
    assert git(with_submodule.path, "rev-parse", "main:lib") == moved
    # Nobody but that worktree had the commit: it went aside with it.
    (modules,) = (with_submodule.wiring.settings.var / "backups" / "worktrees").glob("*-modules")
    config = (modules / "lib" / "config").read_text().replace("worktree", "wasAt")
    (modules / "lib" / "config").write_text(config)
    assert git(modules / "lib", "cat-file", "-t", moved.decode()) == b"commit"
    assert not git(with_submodule.path, "worktree", "list").count(b"\n")


def test_a_repository_within_stays_out(around: Around, home: Path) -> None:
    web = made(home / "web")
    made(web / "nested")
    (web / "plain").write_text("plain\n")
    loop = around(web)
    loop.run()
    with loop.wiring.units.write(OWNER) as uow, pytest.raises(Conflict, match="repository of its own"):
        work.collect(uow, NewChange(service="web", reason="By hand.", paths=["nested"]))
    assert "stays out" in loop.get("/work/change?service_name=web")
    with loop.wiring.units.write(OWNER) as uow:
        item, verdicts = work.change(uow, NewChange(service="web", reason="By hand."))
    assert item.state == "completed", verdicts
    assert git(web, "ls-tree", "--name-only", "main", "nested", "plain") == b"plain"
    assert git(web / "nested", "status", "--porcelain") == b""
    assert git(web, "status", "--porcelain") == b"?? nested/"


def test_a_sparse_checkout(around: Around, home: Path) -> None:
    web = made(home / "web", {"seen/a": b"a\n", "unseen/b": b"b\n"})
    git(web, "sparse-checkout", "set", "seen")
    around(web).run()
    assert not (web / "unseen").exists()
    assert git(web, "ls-tree", "-r", "--name-only", "main", "notes", "unseen") == b"notes/new.txt\nunseen/b"


def test_a_large_index_of_version_4_with_an_untracked_cache(around: Around, home: Path) -> None:
    web = made(home / "web")
    git(web, "config", "feature.manyFiles", "true")
    git(web, "update-index", "--index-version", "4", "--untracked-cache")
    around(web).run()


@pytest.mark.parametrize("kind", ["split", "sparse"])
def test_an_index_that_cannot_be_read_is_refused_with_the_way_out(around: Around, home: Path, kind: str) -> None:
    web = made(home / "web", {"seen/a": b"a\n", "unseen/b": b"b\n"})
    if kind == "split":
        git(web, "update-index", "--split-index")
    else:
        git(web, "sparse-checkout", "set", "--sparse-index", "seen")
    loop = around(web)
    loop.scan()
    loop.look_at_service()
    number = loop.open()
    loop.commit_text(number)
    loop.get(f"/work/{number}")
    with pytest.raises(Unavailable, match=f"is {kind}, which") as raised:
        loop.complete(number)
    git(web, *(raised.value.mend or "").partition(": git ")[2].split())
    loop.complete(number)
    assert git(web, "status", "--porcelain") == b""


HOOKS = (
    "pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-checkout", "post-merge", "pre-merge-commit",
    "reference-transaction", "post-index-change", "post-rewrite", "pre-push", "pre-auto-gc", "fsmonitor-watchman",
)  # fmt: skip


def test_hooks_do_not_run(around: Around, home: Path, tmp_path: Path) -> None:
    web = made(home / "web")
    (web / ".githooks").mkdir()
    for folder in (web / ".git" / "hooks", web / ".githooks"):
        for name in HOOKS:
            (folder / name).write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/ran\nexit 1\n")
            (folder / name).chmod(0o755)
    git(web, "config", "core.fsmonitor", ".git/hooks/fsmonitor-watchman")
    loop = around(web)
    loop.scan()
    number = loop.open()
    loop.commit_text(number)
    with loop.wiring.units.write(OWNER) as uow:
        tree = work.checkout(uow, number, loop.wiring.settings.var / "worktrees")
    (tree / "new").write_text("new\n")
    with loop.wiring.units.write(OWNER) as uow:
        work.commit(uow, number, NewCommit(message="In the worktree", from_worktree=True))
    loop.look_at_item(number)
    loop.look_at_git()
    loop.complete(number)
    git(web, "config", "core.hooksPath", ".githooks")
    second = loop.open("Another")
    with loop.wiring.units.write(OWNER) as uow:
        work.commit(uow, second, NewCommit(message="Say it", entry="Another."))
        work.drop(uow, second)
    assert not (tmp_path / "ran").exists()
