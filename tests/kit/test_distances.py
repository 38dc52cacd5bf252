"""How far commits lie from main, for many at once: the same as git counts for each pair."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calcifer.kit.git.distances import distances

# A commit: which of the earlier ones are its parents (counted backwards), and how far its clock is off, in seconds.
COMMITS = st.lists(st.tuples(st.lists(st.integers(1, 6), max_size=2, unique=True), st.integers(-5, 5)), min_size=1)


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    """A repository for everybody: its objects may lie there, each example has refs of its own."""
    with TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", folder], check=True)
        yield Path(folder)


def made(git: pygit2.Repository, commits: list[tuple[list[int], int]]) -> list[pygit2.Oid]:
    """Write these commits."""
    tree = git.TreeBuilder().write()
    oids: list[pygit2.Oid] = []
    for number, (back, off) in enumerate(commits):
        who = pygit2.Signature("Ada", "ada@example.org", 1_700_000_000 + number + off, 0)
        parents = list(dict.fromkeys(oids[-step] for step in back if step <= len(oids)))
        oids.append(git.create_commit(None, who, who, f"{number}", tree, parents))
    return oids


def by_git(path: Path, *arguments: str) -> list[str]:
    """Ask git."""
    done = subprocess.run(["git", "-C", str(path), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.split()


@settings(deadline=None, max_examples=60)
@given(COMMITS, st.data())
def test_git_counts_the_same_however_wrong_the_clocks(
    empty: Path, commits: list[tuple[list[int], int]], data: st.DataObject
) -> None:
    git = pygit2.Repository(str(empty))
    oids = made(git, commits)
    main = data.draw(st.sampled_from(oids))
    tips = data.draw(st.lists(st.sampled_from(oids), max_size=4))
    found = distances(git, main, tips)
    line = by_git(empty, "rev-list", "--first-parent", str(main))
    for tip in tips:
        behind, ahead = by_git(empty, "rev-list", "--left-right", "--count", f"{main}...{tip}")
        assert found.counts[tip] == (int(ahead), int(behind))
        if not int(ahead):
            assert (tip in found.on_main) == (str(tip) in line)


def test_a_commit_older_than_its_parent_is_looked_at(empty: Path) -> None:
    git = pygit2.Repository(str(empty))
    _, _, main, tip = made(git, [([], 5), ([1], -5), ([1], 5), ([3, 2], 5)])
    assert distances(git, main, [tip]).counts[tip] == (1, 1)


def test_only_what_lies_between_is_read(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = pygit2.Repository(str(empty))
    oids = made(git, [([1], 0)] * 60)
    read = []
    real = pygit2.Repository.__getitem__

    def noted(self: pygit2.Repository, oid: pygit2.Oid) -> object:
        read.append(oid)
        return real(self, oid)

    monkeypatch.setattr(pygit2.Repository, "__getitem__", noted)
    assert distances(git, oids[-1], [oids[-11], oids[-6]]).counts[oids[-11]] == (0, 10)
    assert len(read) < 15


def test_a_shallow_history_ends_where_it_was_cut(empty: Path, tmp_path: Path) -> None:
    git = pygit2.Repository(str(empty))
    oids = made(git, [([1], 0)] * 9)
    git.references.create("refs/heads/main", oids[-1], force=True)
    subprocess.run(["git", "clone", "-q", "--depth=4", f"file://{empty}", str(tmp_path / "cut")], check=True)
    found = distances(pygit2.Repository(str(tmp_path / "cut")), oids[-1], [oids[-3]])
    assert found.counts[oids[-3]] == (0, 2)
    assert found.on_main == {oids[-1], oids[-3]}
