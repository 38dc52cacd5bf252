"""The only place that says in what condition a repository is: what is under way in it, and what besides commits depends on it."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from calcifer.kit.git.names import redacted
from calcifer.kit.git.program import run
from calcifer.kit.git.repository import HEADS

TAGS = "refs/tags/"
_UNDER_WAY = {
    "MERGE_HEAD": "a merge",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
}
# What of a repository's configuration is about how files and commits are made, and holds no secret.
_KEPT = re.compile(
    r"core\.(?:autocrlf|eol|safecrlf|filemode|symlinks|ignorecase|precomposeunicode|excludesfile|attributesfile|whitespace"
    r"|checkroundtripencoding|longpaths|sharedrepository)"
    r"|(?:user|author|committer|commit|tag|gpg|i18n|filter|diff|merge|pull|format)\..*"
)


@dataclass(frozen=True)
class Condition:
    """A repository as it is, and its checkout; lists are sorted."""

    head: str | None
    """The commit that is checked out; None where there is none yet."""
    branch: str | None
    """The branch that is checked out; None where HEAD is detached."""
    refs: dict[str, str]
    """The object of each ref, `HEAD` and `refs/stash` among them."""
    remotes: dict[str, str]
    """The address of each remote, without passwords."""
    stashes: int
    under_way: list[str]
    """What a person has begun and not finished: "a merge" …"""
    locks: list[str]
    worktrees: list[str]
    """Linked worktrees, by their directories."""
    submodules: list[str]
    hooks: list[str]
    is_sparse: bool
    is_partial: bool
    is_shallow: bool
    has_lfs: bool

    @property
    def branches(self) -> dict[str, str]:
        """Commits by the names of branches."""
        return _below(self.refs, HEADS)

    @property
    def tags(self) -> dict[str, str]:
        """Objects by the names of tags."""
        return _below(self.refs, TAGS)

    @property
    def others(self) -> list[str]:
        """Refs that are neither branch, tag, stash nor what a remote had."""
        known = (HEADS, TAGS, "refs/remotes/")
        return sorted(ref for ref in self.refs if not ref.startswith(known) and ref not in ("HEAD", "refs/stash"))


def _below(refs: dict[str, str], prefix: str) -> dict[str, str]:
    return {ref.removeprefix(prefix): oid for ref, oid in refs.items() if ref.startswith(prefix)}


def condition(root: Path) -> Condition:
    """Look at the repository with its checkout at `root`, whose `.git` is a directory; nothing is written."""
    git = root / ".git"
    head = run("rev-parse", "--quiet", "--verify", "HEAD^{commit}", cwd=root, accept=(0, 1, 128)).text.strip()
    named = run("symbolic-ref", "--quiet", "HEAD", cwd=root, accept=(0, 1)).text.strip()
    given = configuration(root)
    return Condition(
        head=head or None,
        branch=named.removeprefix(HEADS) or None,
        refs=refs(root),
        remotes=dict(sorted((key[7:-4], redacted(value)) for key, value in given if _is_address(key))),
        stashes=len(run("stash", "list", "--format=%H", cwd=root).out.splitlines()),
        under_way=sorted({what for name, what in _UNDER_WAY.items() if (git / name).exists()}),
        locks=sorted(path.name for path in git.glob("*.lock")),
        worktrees=_worktrees(root),
        submodules=_submodules(root),
        hooks=_hooks(git),
        is_sparse=("core.sparsecheckout", "true") in given,
        is_partial=any(key.endswith((".promisor", ".partialclonefilter")) for key, _ in given),
        is_shallow=(git / "shallow").is_file(),
        has_lfs=(git / "lfs" / "objects").is_dir(),
    )


def refs(root: Path) -> dict[str, str]:
    """Return the object of each ref, and what HEAD names: its branch, or the commit where it is detached."""
    lines = run("for-each-ref", "--format=%(objectname) %(refname)", cwd=root).text.splitlines()
    found = {ref: oid for oid, _, ref in (line.partition(" ") for line in lines)}
    return found | {"HEAD": (root / ".git" / "HEAD").read_text("utf-8", "surrogateescape").strip()}


def configuration(root: Path) -> list[tuple[str, str]]:
    """Return what the repository's own configuration says, in its order; keys as git compares them."""
    said = run("config", "--local", "--no-includes", "--list", "-z", cwd=root).text
    return [(key, value) for key, _, value in (entry.partition("\n") for entry in said.split("\0") if entry)]


def kept(said: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what another repository of the same person may have, too: no addresses, no credentials, no paths of commands."""
    return [(key, value) for key, value in said if _KEPT.fullmatch(key) and redacted(value) == value]


def _is_address(key: str) -> bool:
    return key.startswith("remote.") and key.endswith(".url")


def _worktrees(root: Path) -> list[str]:
    lines = run("worktree", "list", "--porcelain", cwd=root).text.splitlines()
    return [line.removeprefix("worktree ") for line in lines if line.startswith("worktree ")][1:]


def _submodules(root: Path) -> list[str]:
    """Return submodules of the index, and those whose repositories lie in `.git`."""
    entries = run("ls-files", "--stage", "-z", cwd=root).out.split(b"\0")
    found = {os.fsdecode(entry.partition(b"\t")[2]) for entry in entries if entry.startswith(b"160000 ")}
    modules = root / ".git" / "modules"
    return sorted(found or ({path.name for path in modules.iterdir()} if modules.is_dir() else set()))


def _hooks(git: Path) -> list[str]:
    hooks = git / "hooks"
    return sorted(path.name for path in hooks.iterdir() if path.suffix != ".sample") if hooks.is_dir() else []
