"""The only place that makes repositories: of files that lie there, or as a clone of another one.

Nothing here looks at what is in the files, and nothing is made at its final place: that is the caller's rename.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pygit2
from pygit2.enums import FileStatus

from calcifer.kit.errors import Invalid
from calcifer.kit.git.credentials import Credential, handed_over
from calcifer.kit.git.loose import guarded
from calcifer.kit.git.names import checked_url
from calcifer.kit.git.program import run
from calcifer.kit.git.repository import Person, Repository
from calcifer.kit.git.trees import Blob

CLONE_SECONDS = 1800.0
ADD_SECONDS = 1800.0
# Files are stored as they lie there, and all of it survives a power cut: one flush for all objects of an `add`.
FAITHFUL = (
    "-c", "core.autocrlf=false",
    "-c", "core.safecrlf=false",
    "-c", "core.fsync=all",
    "-c", "core.fsyncMethod=batch",
)  # fmt: skip
WITHOUT_LFS = {"GIT_LFS_SKIP_SMUDGE": "1"}  # what it would fetch comes from a server, if there is one
_UNREADABLE = re.compile(r"could not open directory '(.*)': ", re.MULTILINE)


class StayedIn(Invalid):
    """A path that must not be committed would be, in spite of the ignore rules."""


@dataclass(frozen=True)
class Candidates:
    """What `git add --all` would take from a directory: relative paths, those of repositories in it with a `/` at the end."""

    files: list[str]
    repositories: list[str]
    unreadable: list[str]


def init(path: Path, branch: str = "main") -> None:
    """Make an empty repository with the checkout `path`, which is made where it is missing."""
    path.mkdir(parents=True, exist_ok=True)
    run(*FAITHFUL, "init", "--quiet", f"--initial-branch={branch}", cwd=path)


def is_repository(path: Path) -> bool:
    """Say whether `path` is the top of a checkout or a bare repository, without starting git."""
    return (path / ".git").exists() or is_bare(path)


def is_bare(path: Path) -> bool:
    """Say whether `path` is a bare repository."""
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def has_own_git_dir(path: Path) -> bool:
    """Say whether `path` is a main checkout: not a linked worktree, not a submodule."""
    return (path / ".git").is_dir()


def may_work_in(path: Path) -> bool:
    """Say whether git would work in this directory: it refuses where another user could have put configuration."""
    if path.stat().st_uid == os.geteuid():
        return True
    trusted = run("config", "--get-all", "safe.directory", cwd=path, accept=(0, 1)).text.splitlines()
    return "*" in trusted or str(path) in trusted


def candidates(scratch: Path, folder: Path) -> Candidates:
    """Return what a first commit of `folder` would take by its ignore rules; `scratch` is any repository without commits."""
    answer = run(
        "ls-files", "--others", "--exclude-standard", "-z", cwd=folder, env=_beside(scratch / ".git", folder),
        timeout_seconds=ADD_SECONDS,
    )  # fmt: skip
    names = [name for name in answer.text.split("\0") if name]
    return Candidates(
        files=[name for name in names if not name.endswith("/")],
        repositories=[name for name in names if name.endswith("/")],
        unreadable=_UNREADABLE.findall(answer.err),
    )


def ignored(folder: Path) -> list[str]:
    """Return what the repository around `folder` ignores in it, folders with a `/` at the end; none where there is none."""
    answer = run(
        "--no-optional-locks", "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z", "--", ".",
        cwd=folder, accept=(0, 128), timeout_seconds=ADD_SECONDS,
    )  # fmt: skip
    return [name for name in answer.text.split("\0") if name and name != "./"]


def uncommitted(checkout: Path) -> list[tuple[str, str]]:
    """Return what lies in a checkout and is not committed: "edited", "untracked" or "ignored", and the path from its top.

    A directory of which nothing is committed is one entry with a `/` at its end. By libgit2, which starts none of the programs
    that the repository's own configuration may name as filters: what is adopted may be anybody's.
    """
    found = guarded(pygit2.Repository(str(checkout))).status(untracked_files="normal", ignored=True)
    return [(_state(FileStatus(flags)), path) for path, flags in found.items() if not _is_empty(checkout / path)]


def _state(flags: FileStatus) -> str:
    if flags & FileStatus.IGNORED:
        return "ignored"
    return "untracked" if flags == FileStatus.WT_NEW else "edited"


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


def untracked(folder: Path) -> Candidates:
    """Return each file in a folder of a checkout that is neither committed nor ignored."""
    answer = run(
        "--no-optional-locks", "ls-files", "--others", "--exclude-standard", "-z", cwd=folder, timeout_seconds=ADD_SECONDS
    )  # fmt: skip
    names = [name for name in answer.text.split("\0") if name]
    return Candidates(
        files=[name for name in names if not name.endswith("/")],
        repositories=[name for name in names if name.endswith("/")],
        unreadable=_UNREADABLE.findall(answer.err),
    )


def commit_all(
    git_dir: Path,
    folder: Path,
    person: Person,
    at: datetime,
    message: str,
    *,
    always: Iterable[str] = (),
    never: Sequence[str] = (),
) -> None:
    """Make the first commit of everything in `folder` that is not ignored, byte for byte, into the repository `git_dir`.

    Paths of `always` come in even if ignored. Raises StayedIn, and has committed nothing, where a path of `never` (folders with
    a `/` at the end) would come in.
    """
    beside = _beside(git_dir, folder)
    run(*FAITHFUL, "add", "--all", "--", ".", cwd=folder, env=beside, timeout_seconds=ADD_SECONDS)
    staged = _staged(git_dir)
    forced = [path for path in always if path not in staged and (folder / path).is_file()]
    if forced:
        run(*FAITHFUL, "add", "--force", "--", *forced, cwd=folder, env=beside | {"GIT_LITERAL_PATHSPECS": "1"})
        staged = _staged(git_dir)
    folders = tuple(name for name in never if name.endswith("/"))
    wrong = sorted(staged.intersection(never) | {name for name in staged if folders and name.startswith(folders)})
    if wrong:
        raise StayedIn(f"{wrong[0]!r} must not be committed, but the ignore rules of {folder.name} let it in.")
    made = Repository(git_dir)
    tree = run(*FAITHFUL, "write-tree", cwd=folder, env=beside).text.strip()
    commit = made.write_commit(tree, [], message, person, at)
    made.flush()
    run(*FAITHFUL, "update-ref", "-m", "commit (initial)", "HEAD", commit, cwd=folder, env=beside)


def commit_on_top(path: Path, files: Mapping[str, bytes], person: Person, at: datetime, message: str) -> None:
    """Commit `files` by their paths on what HEAD of the repository `path` has, and nothing else; the checkout is not looked at."""
    made = Repository(path)
    head = made.tip("HEAD")
    assert head
    tree = made.edit(head, {name: Blob(made.write_blob(content)) for name, content in files.items()})
    commit = made.write_commit(tree, [head], message, person, at)
    made.flush()
    run(*FAITHFUL, "update-ref", "-m", "commit", "HEAD", commit, head, cwd=path)


def check_out(path: Path, *, is_there: bool) -> None:
    """Fill the checkout of a new repository from HEAD; where files lie there, only the index: what differs is an edit."""
    if not is_there:
        run(*FAITHFUL, "read-tree", "--reset", "-u", "HEAD", cwd=path, env=WITHOUT_LFS, timeout_seconds=ADD_SECONDS)
        return
    run(*FAITHFUL, "read-tree", "--reset", "HEAD", cwd=path, timeout_seconds=ADD_SECONDS)
    run(*FAITHFUL, "update-index", "-q", "--refresh", cwd=path, accept=(0, 1), timeout_seconds=ADD_SECONDS)


def _index(git_dir: Path) -> pygit2.Index:
    return pygit2.Index(str(git_dir / "index"))


def _staged(git_dir: Path) -> set[str]:
    return {entry.path for entry in _index(git_dir)}  # bytes that are no UTF-8 are surrogates here, too


def _beside(git_dir: Path, folder: Path) -> dict[str, str]:
    return {"GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(folder)}


def clone(source: str, target: Path, *, origin: str | None = None, credential: Credential | None = None) -> None:
    """Clone `source` (a checked address, or an absolute path on this machine) into `target`, which must not exist.

    Its `origin` is `source`, or for a path `origin`; a path itself is never kept as origin: completed work would be pushed into
    a checkout that somebody uses.
    """
    is_local = source.startswith("/")
    if not is_local:
        checked_url(source)
    with_token, token = handed_over(credential)
    run(
        *FAITHFUL, *with_token, "clone", "--quiet", "--no-hardlinks", "--", source, str(target),
        cwd=target.parent, env=token, timeout_seconds=CLONE_SECONDS,
    )  # fmt: skip
    if not is_local:
        return
    if origin is None:
        run("remote", "remove", "origin", cwd=target)
    else:
        run("remote", "set-url", "origin", checked_url(origin), cwd=target)


def origin_of(path: Path) -> str | None:
    """Return the address of a repository's `origin`, without a password that may be in it; None where it cannot be kept."""
    url = run("config", "--get", "remote.origin.url", cwd=path, accept=(0, 1)).text.strip()
    url = re.sub(r"^([a-z]+://)[^/@]*:[^/@]*@", r"\1", url)
    try:
        return checked_url(url)
    except Invalid:
        return None
