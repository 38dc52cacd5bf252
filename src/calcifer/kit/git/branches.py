"""The only place that reads where all branches of a repository stand: ahead, behind, merged, and main against its remote.

Nothing is written and no process is started, so that hundreds of repositories are read in a fraction of a second.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pygit2

from calcifer.kit.git.damage import told
from calcifer.kit.git.distances import Distances, distances
from calcifer.kit.git.names import redacted
from calcifer.kit.git.objects import instant
from calcifer.kit.git.opening import opened
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
    with told(path):
        git = opened(path)
        tips = {ref.name: ref.target for ref in git.references.iterator()}
        main, remote = _oid(tips, HEADS + main_branch), _oid(tips, f"{REMOTES}origin/{main_branch}")
        own = {name: tip for name, tip in sorted(_heads(tips)) if name != main_branch}
        found = distances(git, main, [*own.values(), *([remote] if remote else [])]) if main else None
        ahead, behind = found.counts[remote][::-1] if found and remote else (0, 0)
        branches = [_branch(git, name, tip, found, known) for name, tip in own.items()]
        remotes = {name: redacted(url) for name, url in _remotes(git).items()}
    return Standing(str(main) if main else None, branches, remotes, str(remote) if remote else None, ahead, behind)


def _oid(tips: dict[str, pygit2.Oid | str], ref: str) -> pygit2.Oid | None:
    tip = tips.get(ref)
    return tip if isinstance(tip, pygit2.Oid) else None  # a symbolic ref stands for another one


def _heads(tips: dict[str, pygit2.Oid | str]) -> Iterator[tuple[str, pygit2.Oid]]:
    for ref, tip in tips.items():
        if ref.startswith(HEADS) and isinstance(tip, pygit2.Oid):
            yield ref.removeprefix(HEADS), tip


def _branch(
    git: pygit2.Repository, name: str, tip: pygit2.Oid, found: Distances | None, known: Container[str]
) -> Branch:
    if found is None:
        return Branch(name, str(tip), 0, 0, "ahead")
    ahead, behind = found.counts[tip]
    state = "ahead" if ahead else "empty" if tip in found.on_main else "merged"
    return Branch(name, str(tip), ahead, behind, state, None if name in known else _at(git, tip))


def _at(git: pygit2.Repository, tip: pygit2.Oid) -> datetime | None:
    try:
        return instant(git[tip].peel(pygit2.Commit).commit_time)
    except (KeyError, ValueError, pygit2.GitError):
        return None


def _remotes(git: pygit2.Repository) -> dict[str, str]:
    # Not `git.remotes`, which looks each name up once more, nor `git.config`, which reads the user's and the machine's, too.
    found: dict[str, str] = {}
    for entry in pygit2.Config(str(Path(git.path) / "config")):
        if entry.name.startswith("remote.") and entry.name.endswith(".url") and entry.value:
            found.setdefault(entry.name[len("remote.") : -len(".url")], entry.value)
    return found
