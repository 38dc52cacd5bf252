"""The only place that makes and removes linked worktrees: those of items, and scratch ones of commands."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from calcifer.kit.git.checkouts import Checkout, branch_of, checkouts
from calcifer.kit.git.program import GitFailed, run
from calcifer.kit.git.repository import Repository


@dataclass(frozen=True)
class Linked:
    """What git keeps of a linked worktree, whether that is still there: `branch` is None where its HEAD is detached."""

    git_dir: Path
    path: Path
    branch: str | None
    is_locked: bool
    has_modules: bool


def linked(repository: Repository) -> list[Linked]:
    """Return every linked worktree that git knows of."""
    found = []
    for git_dir in sorted((repository.git_dir / "worktrees").glob("*")):
        with suppress(OSError):
            path = Path(os.fsdecode((git_dir / "gitdir").read_bytes()).strip()).parent
            has_modules = (git_dir / "modules").is_dir() and any((git_dir / "modules").iterdir())
            found.append(Linked(git_dir, path, branch_of(git_dir), (git_dir / "locked").exists(), has_modules))
    return found


def add_worktree(repository: Repository, path: Path, branch: str) -> Checkout:
    """Make a linked worktree at `path` on an existing branch."""
    path.parent.mkdir(parents=True, exist_ok=True)
    run("worktree", "prune", cwd=repository.path)
    run("worktree", "add", "--", str(path), branch, cwd=repository.path, timeout_seconds=600)
    made = next((c for c in checkouts(repository) if c.path.resolve() == path.resolve()), None)
    if made is None:
        raise GitFailed(f"git made no worktree at {path}.")
    return made


def add_scratch(repository: Path, path: Path, commit: str) -> None:
    """Make a linked worktree at `path` that has the files of `commit` and no branch."""
    path.parent.mkdir(parents=True, exist_ok=True)
    run("worktree", "add", "--detach", "--", str(path), commit, cwd=repository, timeout_seconds=600)


def remove_scratch(repository: Path, path: Path) -> None:
    """Remove such a worktree with everything in it, whether it was made or not."""
    run(
        "worktree",
        "remove",
        "--force",
        "--force",
        "--",
        str(path),
        cwd=repository,
        accept=(0, 128),
        timeout_seconds=600,
    )
    shutil.rmtree(path, ignore_errors=True)
    run("worktree", "prune", cwd=repository)


def remove_worktree(repository: Path, path: Path, keep: Path, head: str | None = None) -> None:
    """Remove a linked worktree; one with edits, ignored files or submodules is moved to `keep`, so that nothing in it is lost.

    `head` is the commit that its branch was at, where the branch has gone before it: git compares with nothing otherwise.
    """
    if path.exists():
        if head is not None and run("rev-parse", "--verify", "--quiet", "HEAD", cwd=path, accept=(0, 1)).code:
            run("update-ref", "--no-deref", "HEAD", head, cwd=path)
        out = run("--no-optional-locks", "status", "--porcelain", "--ignored", "-z", cwd=path).out
        modules = _modules(path)
        if modules is not None:  # they have commits of their own, and go with what git knows of the worktree
            shutil.copytree(modules, keep.with_name(f"{keep.name}-modules"), symlinks=True, dirs_exist_ok=True)
        if out or modules is not None:
            keep.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, keep)
        else:
            run("worktree", "remove", "--", str(path), cwd=repository)
    run("worktree", "prune", cwd=repository)


def _modules(path: Path) -> Path | None:
    """Return where the submodules of a linked worktree are kept, if it has any that were made."""
    found = Path(os.fsdecode((path / ".git").read_bytes()).removeprefix("gitdir:").strip()) / "modules"
    return found if found.is_dir() and any(found.iterdir()) else None
