"""Where branches stand, as git itself has it."""

from pathlib import Path

import pytest

from calcifer.kit.errors import NotFound, Unavailable
from calcifer.kit.git.branches import Branch, standing
from calcifer.kit.git.names import redacted
from tests.conftest import Git


@pytest.fixture
def one(tmp_path: Path, git: Git) -> Path:
    """A repository with a commit on main."""
    git(tmp_path, "init", "-q", "-b", "main", "one")
    path = tmp_path / "one"
    commit(path, git, "first")
    return path


def commit(path: Path, git: Git, name: str) -> None:
    """Commit a file."""
    (path / name).write_text(name)
    git(path, "add", name)
    git(path, "commit", "-q", "-m", name)


def branch(path: Path, name: str, main: str = "main") -> Branch:
    """One branch of the repository."""
    return next(found for found in standing(path, main).branches if found.name == name)


def test_a_new_branch_is_empty_and_not_merged(one: Path, git: Git) -> None:
    git(one, "branch", "new")
    assert (branch(one, "new").state, branch(one, "new").ahead) == ("empty", 0)
    commit(one, git, "second")
    assert (branch(one, "new").state, branch(one, "new").behind) == ("empty", 1)


def test_a_merged_branch_is_merged(one: Path, git: Git) -> None:
    git(one, "switch", "-qc", "work")
    commit(one, git, "on work")
    assert (branch(one, "work").state, branch(one, "work").ahead) == ("ahead", 1)
    git(one, "switch", "-q", "main")
    git(one, "merge", "-q", "--no-ff", "work")
    commit(one, git, "after")
    assert (branch(one, "work").state, branch(one, "work").ahead, branch(one, "work").behind) == ("merged", 0, 2)


def test_counts_agree_with_git(one: Path, git: Git) -> None:
    git(one, "switch", "-qc", "work")
    for name in ("a", "b"):
        commit(one, git, name)
    git(one, "switch", "-q", "main")
    for name in ("c", "d", "e"):
        commit(one, git, name)
    git(one, "merge", "-q", "--no-ff", "-m", "Half", "work~1")
    behind, ahead = git(one, "rev-list", "--left-right", "--count", "main...work").split()
    found = branch(one, "work")
    assert (found.ahead, found.behind) == (int(ahead), int(behind)) == (1, 4)
    assert found.oid == git(one, "rev-parse", "work")
    assert found.at is not None


def test_main_against_origin(one: Path, git: Git, tmp_path: Path) -> None:
    assert standing(one, "main").remote_main is None
    git(tmp_path, "clone", "-q", "--bare", "one", "origin.git")
    git(one, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(one, "fetch", "-q", "origin")
    commit(one, git, "here")
    found = standing(one, "main")
    assert (found.ahead, found.behind) == (1, 0)
    assert found.remotes == {"origin": str(tmp_path / "origin.git")}


def test_a_repository_without_a_commit(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "empty")
    assert (standing(tmp_path / "empty", "main").main, standing(tmp_path / "empty", "main").branches) == (None, [])


def test_packed_refs_and_symbolic_ones_are_read(one: Path, git: Git) -> None:
    git(one, "branch", "packed")
    git(one, "pack-refs", "--all")
    git(one, "symbolic-ref", "refs/heads/alias", "refs/heads/main")
    assert [found.name for found in standing(one, "main").branches] == ["packed"]


def test_what_is_no_repository_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no git repository"):
        standing(tmp_path / "nothing", "main")
    (tmp_path / "broken" / ".git").mkdir(parents=True)
    with pytest.raises(Unavailable, match="cannot be read"):
        standing(tmp_path / "broken", "main")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ada:secret@example.org/web.git", "https://…@example.org/web.git"),
        ("https://ghp_secret@example.org/web.git", "https://…@example.org/web.git"),
        ("https://example.org/web.git?private_token=secret", "https://example.org/web.git?…"),
        ("ssh://git:secret@example.org:22/web", "ssh://git@example.org:22/web"),
        ("git@example.org:web.git", "git@example.org:web.git"),
        ("/srv/git/web.git", "/srv/git/web.git"),
        ("fatal: unable to access 'https://a:secret@x.org/': no", "fatal: unable to access 'https://…@x.org/': no"),
    ],
)
def test_passwords_are_never_shown(text: str, shown: str) -> None:
    assert redacted(text) == shown
