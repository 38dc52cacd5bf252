"""Where branches stand, as git itself has it."""

import subprocess
import time
from pathlib import Path

import pygit2
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


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """500 repositories with 2,000 branches: ahead, merged, empty; packed, as they are after a while."""
    root = tmp_path_factory.mktemp("many")
    model = root / "0"
    subprocess.run(["git", "init", "-q", "-b", "main", "0"], cwd=root, check=True)
    repository = pygit2.Repository(str(model))
    ada = pygit2.Signature("Ada", "ada@example.org", 1_700_000_000, 0)
    tree = repository.TreeBuilder().write()
    tip: list[pygit2.Oid | str] = []
    for number in range(50):
        tip = [repository.create_commit("refs/heads/main", ada, ada, f"Commit {number}", tree, tip)]
    base = tip[0]
    for name, start in (("work/1-a", 0), ("work/2-b", 10), ("merged", 30)):
        base = repository.revparse_single(f"main~{start}").id
        for number in range(3):
            base = repository.create_commit(None, ada, ada, f"{name} {number}", tree, [base])
        repository.create_reference(f"refs/heads/{name}", base)
    merge = repository.create_commit(None, ada, ada, "Merge", tree, [*tip, base])
    repository.references["refs/heads/main"].set_target(merge)
    repository.create_reference("refs/heads/empty", tip[0])
    repository.create_reference("refs/remotes/origin/main", repository.revparse_single("main~2").id)
    subprocess.run(["git", "gc", "-q"], cwd=model, check=True)
    for number in range(1, 500):
        subprocess.run(["cp", "-r", str(model), str(root / str(number))], check=True)
    return [root / str(number) for number in range(500)]


@pytest.mark.bench
def test_five_hundred_repositories_in_a_third_of_a_second(many: list[Path]) -> None:
    states = {found.name: found.state for found in standing(many[0], "main").branches}
    assert states == {"empty": "empty", "merged": "merged", "work/1-a": "ahead", "work/2-b": "ahead"}
    times = []
    for _ in range(5):
        began = time.perf_counter()
        for path in many:
            standing(path, "main")
        times.append(time.perf_counter() - began)
    print(f"500 repositories with 2,000 branches: {min(times):.3f} s")  # noqa: T201  (a benchmark says what it found)
    assert min(times) <= 0.3  # the best of five: others may be at work on this machine
