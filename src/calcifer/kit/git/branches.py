"""The only place that reads where all branches of a repository stand: ahead, behind, merged, and main against its remote.

Nothing is written and no process is started, so that hundreds of repositories are read in a fraction of a second.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pygit2
from pygit2.enums import RepositoryOpenFlag, SortMode

from calcifer.kit.errors import NotFound, Unavailable
from calcifer.kit.git.names import redacted
from calcifer.kit.git.repository import HEADS

REMOTES = "refs/remotes/"


@dataclass(frozen=True)
class Branch:
    """A branch beside main. `state` is "ahead" (has own commits), "merged" (had them, main has them now) or "empty".

    A branch that begins on main and has no commit of its own is empty, not merged; so is one that main was fast-forwarded to, for
    nothing in git tells the two apart. Where main has no commit, every branch is ahead.
    """

    name: str
    oid: str
    ahead: int
    behind: int
    state: str
    at: datetime | None = None
    """When its last commit was made; None for those that the caller knows."""


@dataclass(frozen=True)
class Standing:
    """What is to be told of one repository."""

    main: str | None
    """The commit of main."""
    branches: list[Branch]
    remotes: dict[str, str]
    """Name → address without any password."""
    remote_main: str | None
    """Main at origin as of the last fetch."""
    ahead: int = 0
    behind: int = 0


def standing(path: Path, main_branch: str, known: Container[str] = ()) -> Standing:
    """Read the repository at `path`; of `known` branches the time is left out. Raises NotFound or Unavailable."""
    try:
        git = pygit2.Repository(str(path), RepositoryOpenFlag.NO_SEARCH)
        tips = {ref.name: ref.target for ref in git.references.iterator()}
        main = tips.get(HEADS + main_branch)
        remote = tips.get(f"{REMOTES}origin/{main_branch}")
        ahead, behind = git.ahead_behind(main, remote) if main and remote and main != remote else (0, 0)
        branches = _branches(git, tips, main_branch, known) if main else _unmerged(tips)
        remotes = {name: redacted(url) for name, url in _remotes(git).items()}
    except pygit2.GitError as error:
        if not path.exists():
            raise NotFound(f"There is no git repository in {path}.") from None
        raise Unavailable(f"The repository {path.name} cannot be read: {error}.") from error
    return Standing(str(main) if main else None, branches, remotes, str(remote) if remote else None, ahead, behind)


def _branches(
    git: pygit2.Repository, tips: dict[str, pygit2.Oid | str], main_branch: str, known: Container[str]
) -> list[Branch]:
    main = tips[HEADS + main_branch]
    counted = []
    for ref, tip in sorted(tips.items()):
        name = ref.removeprefix(HEADS)
        if name not in {ref, main_branch} and isinstance(tip, pygit2.Oid):
            ahead, behind = git.ahead_behind(tip, main) if tip != main else (0, 0)
            counted.append((name, tip, ahead, behind))
    within = {tip for _, tip, ahead, _ in counted if not ahead}
    on_main = _first_parents(git, main, within) if within else set()
    return [
        Branch(
            name,
            str(tip),
            ahead,
            behind,
            "ahead" if ahead else "empty" if tip in on_main else "merged",
            None if name in known else _at(git, tip),
        )
        for name, tip, ahead, behind in counted
    ]


def _unmerged(tips: dict[str, pygit2.Oid | str]) -> list[Branch]:
    heads = {ref.removeprefix(HEADS): tip for ref, tip in sorted(tips.items()) if ref.startswith(HEADS)}
    return [Branch(name, str(tip), 0, 0, "ahead") for name, tip in heads.items()]


def _first_parents(git: pygit2.Repository, main: pygit2.Oid | str, wanted: set[pygit2.Oid]) -> set[pygit2.Oid]:
    """Return those of `wanted` that main itself once was."""
    missing, found = set(wanted), set()
    walker = git.walk(main, SortMode.NONE)
    walker.simplify_first_parent()
    for commit in walker:
        if commit.id in missing:
            found.add(commit.id)
            missing.discard(commit.id)
            if not missing:
                break
    return found


def _at(git: pygit2.Repository, tip: pygit2.Oid) -> datetime | None:
    try:
        return datetime.fromtimestamp(git[tip].peel(pygit2.Commit).commit_time, UTC)
    except (KeyError, ValueError, pygit2.GitError):
        return None


def _remotes(git: pygit2.Repository) -> dict[str, str]:
    # Not `git.remotes`: that looks each name up once more, and takes half as long as everything else here.
    found: dict[str, str] = {}
    for entry in git.config:
        if entry.name.startswith("remote.") and entry.name.endswith(".url") and entry.value:
            found.setdefault(entry.name[len("remote.") : -len(".url")], entry.value)
    return found
