"""Loose objects that are cut off are an error, at whatever byte and however libgit2 comes upon them; whole ones read as ever."""

import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pygit2.enums import AttrCheck, ObjectType

from calcifer.kit.git import loose
from calcifer.kit.git.opening import opened
from tests.conftest import Git

pytestmark = pytest.mark.usefixtures("no_loop")


@pytest.fixture
def path(tmp_path: Path, git: Git) -> Path:
    """A repository with a folder and an attribute."""
    made = tmp_path / "made"
    git(tmp_path, "init", "-q", "-b", "main", "made")
    (made / "docs").mkdir()
    (made / "docs" / "a.md").write_text("# A\n" * 50)
    (made / ".gitattributes").write_text("*.md text\n")
    git(made, "add", ".")
    git(made, "commit", "-qm", "Begin with a message that takes a few bytes")
    return made


def file_of(path: Path, oid: str) -> Path:
    """The file of a loose object."""
    return path / ".git" / "objects" / oid[:2] / oid[2:]


def cut(file: Path, length: int) -> bytes:
    """Leave so many bytes of a file; return what it had."""
    whole = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(whole[:length])
    return whole


def test_libgit2_still_loops(path: Path, git: Git) -> None:
    """Where this fails, libgit2 can read what is cut off, and `loose.Guard` can go."""
    oid = git(path, "rev-parse", "HEAD")
    cut(file_of(path, oid), 40)
    read = f"import pygit2; print('began', flush=True); pygit2.Repository({str(path)!r}).get({oid!r})"
    with pytest.raises(subprocess.TimeoutExpired) as raised:
        subprocess.run([sys.executable, "-c", read], timeout=3, capture_output=True, check=False)
    assert raised.value.stdout == b"began\n"


READINGS: dict[str, Callable[[pygit2.Repository, str], object]] = {
    "get": lambda git, oid: git.get(oid),
    "raw": lambda git, oid: git.odb.read(oid),
    "short": lambda git, oid: git.get(oid[:12]),
    "name": lambda git, oid: git.revparse_single(oid[:12]),
}
THROUGH: dict[str, Callable[[pygit2.Repository, str], object]] = {
    "walk": lambda git, tip: [git[commit.id].peel(pygit2.Tree)["docs/a.md"] for commit in git.walk(tip)],
    "diff": lambda git, tip: git[tip].peel(pygit2.Tree).diff_to_tree().patch,
    "merge": lambda git, tip: git.merge_trees(tip, tip, tip),
    "attributes": lambda git, tip: git.get_attr("docs/a.md", "text", AttrCheck.INCLUDE_COMMIT, tip),
    "status": lambda git, _: git.status(),
    "index": lambda git, tip: git.index.read_tree(git[tip].peel(pygit2.Tree)),
    "builder": lambda git, tip: git.TreeBuilder(git[tip].peel(pygit2.Tree)).write(),
}


@pytest.mark.parametrize("what", ["HEAD", "HEAD^{tree}", "HEAD:docs", "HEAD:docs/a.md"])
def test_cut_off_anywhere_is_an_error(path: Path, git: Git, what: str) -> None:
    oid = git(path, "rev-parse", what)
    file = file_of(path, oid)
    whole = file.read_bytes()
    for length in range(len(whole)):
        cut(file, length)
        assert not loose.is_whole(file)
        assert list(loose.broken_files(path / ".git")) == [file]
        for read in READINGS.values():
            with pytest.raises(pygit2.GitError) as raised:
                read(opened(path), oid)
            assert loose.broken_among(path / ".git", str(raised.value)) == file
        if length % 8 == 0:
            for through in THROUGH.values():
                passed(lambda through=through: through(opened(path), git_tip(path)))  # type: ignore[misc]
    file.write_bytes(whole)
    assert loose.is_whole(file)
    assert all(read(opened(path), oid) for read in READINGS.values())


def git_tip(path: Path) -> str:
    """The commit of main, by its file alone."""
    return (path / ".git" / "refs" / "heads" / "main").read_text().strip()


def passed(read: Callable[[], object]) -> None:
    """Read, or be told of damage: which of them it is depends on what libgit2 looks at."""
    with suppress(pygit2.GitError, KeyError):
        read()


def test_borrowed_objects_are_guarded(path: Path, git: Git, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--shared", str(path), "borrower")
    oid = git(path, "rev-parse", "HEAD")
    assert opened(tmp_path / "borrower").get(oid)
    file = file_of(path, oid)
    cut(file, 40)
    with pytest.raises(pygit2.GitError, match=oid):
        opened(tmp_path / "borrower").get(oid)
    assert loose.broken_among(tmp_path / "borrower" / ".git", oid) == file


def test_a_linked_worktree_is_guarded(path: Path, git: Git, tmp_path: Path) -> None:
    git(path, "worktree", "add", "-q", str(tmp_path / "linked"))
    oid = git(path, "rev-parse", "HEAD")
    cut(file_of(path, oid), 40)
    with pytest.raises(pygit2.GitError, match=oid):
        loose.guarded(pygit2.Repository(str(tmp_path / "linked"))).get(oid)


@pytest.mark.parametrize("size", [loose.AT_ONCE_BYTES, 3 * loose.AT_ONCE_BYTES])
def test_big_files_are_looked_at_piece_by_piece(path: Path, size: int) -> None:
    content = os.urandom(size)
    oid = str(opened(path).create_blob(content))
    assert opened(path)[oid].read_raw() == content
    file = file_of(path, oid)
    for length in (size // 2, file.stat().st_size - 3):
        cut(file, length)
        with pytest.raises(pygit2.GitError, match=oid):
            opened(path).get(oid)


@given(some.binary(max_size=300), some.sampled_from([ObjectType.BLOB, ObjectType.COMMIT, ObjectType.TAG]))
@settings(max_examples=50, deadline=None)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: ObjectType) -> None:
    path = tmp_path_factory.mktemp("made")
    pygit2.init_repository(str(path))
    oid = str(opened(path).odb.write(kind, content))
    plain = pygit2.Repository(str(path))
    assert plain.odb.read(oid) == opened(path).odb.read(oid) == (kind, content)
    assert list(loose.broken_files(path / ".git")) == []
    assert file_of(path, oid).stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"not what it was",
        zlib.compress(b"blob 3\0ab"),
        zlib.compress(b"blob 1\0ab"),
        zlib.compress(b"blob 10\0" + bytes(50_000_000)),
        zlib.compress(b"blub 2\0ab"),
        zlib.compress(b"blob -2\0ab"),
        zlib.compress(b"blob 2"),
    ],
)
def test_what_is_no_object_is_an_error(path: Path, git: Git, packed: bytes) -> None:
    oid = git(path, "rev-parse", "HEAD:docs/a.md")
    file = file_of(path, oid)
    file.chmod(0o644)
    file.write_bytes(packed)
    assert not loose.is_whole(file)
    with pytest.raises(pygit2.GitError, match=oid):
        opened(path).get(oid)
    with pytest.raises(pygit2.GitError, match=oid):
        opened(path).odb.read(oid)


def test_packed_beside_broken_reads(path: Path, git: Git) -> None:
    oid = git(path, "rev-parse", "HEAD")
    whole = file_of(path, oid).read_bytes()
    git(path, "repack", "-adq")
    file_of(path, oid).parent.mkdir(exist_ok=True)
    file_of(path, oid).write_bytes(whole[:40])
    assert opened(path).get(oid)
