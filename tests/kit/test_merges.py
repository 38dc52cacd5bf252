"""Merging by trees alone gives what git gives, wherever it does not leave the merge to libgit2."""

import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calcifer.kit.git import merges
from calcifer.kit.git.repository import Person, Repository
from calcifer.kit.git.trees import Blob
from tests.kit.test_uow import git

AT = datetime(2026, 1, 31, tzinfo=UTC)
NAMES = ["a", "b", "c", "d/a", "d/b", "d/c", "d/e/a", "d/e/b", "f/a", "f/b", "ü/a"]
Files = dict[str, bytes]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A bare repository."""
    subprocess.run(["git", "init", "-q", "--bare", tmp_path], check=True)
    return Repository(tmp_path)


def text(name: str, version: int = 0) -> bytes:
    """Make a file that is like no other one, but for its versions."""
    return "".join(f"{name} {line} {version if line == 5 else 0}\n" for line in range(20)).encode()


def committed(repository: Repository, files: Files, parents: list[str]) -> str:
    """Store a commit of these files."""
    edits = {path: Blob(repository.write_blob(content)) for path, content in files.items()}
    return repository.write_commit(
        repository.edit(None, edits), parents, "Change", Person("Ada", "ada@example.org"), AT
    )


def changed(files: Files, chance: random.Random, side: int) -> Files:
    """Do one to three things to some files."""
    made = dict(files)
    for turn in range(chance.randint(1, 3)):
        name = chance.choice(sorted(made))
        act = chance.choice(["edit", "delete", "add", "rename", "same"])
        if act == "edit":
            made[name] = text(name, side * 10 + turn)
        elif act == "same":
            made[name] = text(name, 99)
        elif act == "add":
            made[f"{name}x{chance.randint(0, 2)}"] = text(f"{name} {side}")
        else:
            content = made.pop(name)
            if act == "rename":
                made[f"{chance.choice(['', 'd/', 'g/'])}renamed{chance.randint(0, 1)}"] = content
    return made or files


def by_git(repository: Repository, ours: str, theirs: str) -> str | None:
    """Return the tree that git merges to, or None where it finds conflicts."""
    done = subprocess.run(
        ["git", "-C", repository.path, "merge-tree", "--write-tree", ours, theirs],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout.split()[0] if done.returncode == 0 else None


def test_it_agrees_with_git_wherever_it_answers(repository: Repository) -> None:
    chance = random.Random()  # the seed is random on purpose: each run tries other merges
    answered = 0
    for _ in range(80):
        files = {name: text(name) for name in NAMES}
        base = committed(repository, files, [])
        ours, theirs = (committed(repository, changed(files, chance, side), [base]) for side in (1, 2))
        trees = [repository.tree_of(commit) for commit in (base, ours, theirs)]
        written: list[str] = []
        try:
            made = merges.by_trees(repository._git, trees[0], trees[1], trees[2], written)
        except merges.ContentMerge:
            continue
        answered += 1
        assert made == by_git(repository, ours, theirs), (ours, theirs)
    git(repository.path, "fsck", "--strict")
    assert answered > 10


def test_what_a_merge_wrote_is_known(repository: Repository) -> None:
    base = committed(repository, {"a": text("a"), "d/b": text("b"), "d/c": text("c")}, [])
    ours = committed(repository, {"a": text("a", 1), "d/b": text("b", 1), "d/c": text("c")}, [base])
    theirs = committed(repository, {"a": text("a"), "d/b": text("b"), "d/c": text("c", 2)}, [base])
    merge = repository.merge(ours, theirs)
    assert merge.tree is not None
    folder = repository.folder(merge.tree)[0]
    assert set(merge.written) == {merge.tree, folder.oid}


def test_what_a_merge_of_contents_wrote_is_known(repository: Repository) -> None:
    lines = [f"{number}\n" for number in range(30)]
    base = committed(repository, {"a": "".join(lines).encode(), "b": text("b")}, [])
    ours = committed(repository, {"a": "".join(["x\n", *lines[1:]]).encode(), "b": text("b")}, [base])
    theirs = committed(repository, {"a": "".join([*lines[:-1], "y\n"]).encode(), "b": text("b")}, [base])
    merge = repository.merge(ours, theirs)
    assert merge.tree is not None
    blob = repository.entry(merge.tree, "a")
    assert blob is not None
    assert repository.blob(blob.oid) == "".join(["x\n", *lines[1:-1], "y\n"]).encode()
    assert set(merge.written) == {merge.tree, blob.oid}
