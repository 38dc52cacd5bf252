"""The only place that opens repositories with libgit2, and says in a sentence why one cannot be opened."""

import os
from pathlib import Path

import pygit2
from pygit2.enums import ConfigLevel, RepositoryOpenFlag

from calcifer.kit.errors import CalciferError, NotFound, Unavailable
from calcifer.kit.git.loose import guarded


class ForeignOwner(Unavailable):
    """The repository belongs to another user, whose hooks and configuration git does not trust."""


def opened(path: Path) -> pygit2.Repository:
    """Open the repository at `path` itself; raises NotFound where there is none and Unavailable where it cannot be read."""
    return guarded(opened_for_refs(path))


def opened_for_refs(path: Path) -> pygit2.Repository:
    """Open as `opened` does, for one who reads no object, or sets the guard before doing so: that costs a third more."""
    try:
        return pygit2.Repository(str(path), RepositoryOpenFlag.NO_SEARCH)
    except pygit2.GitError as error:
        raise _reason(path, str(error)) from error


def _reason(path: Path, words: str) -> CalciferError:
    if not (path / ".git").exists() and not (path / "HEAD").exists():
        return NotFound(f"There is no git repository in {path}.")
    if "object format" in words:  # libgit2 reads SHA-1 alone
        return Unavailable(
            f"The repository {path.name} names its objects by SHA-256, which Calcifer cannot read.",
            mend="Convert it to SHA-1: git fast-export --all, into a repository made with plain git init.",
        )
    if "not owned by" in words:
        return foreign(path)
    return Unavailable(f"The repository {path.name} cannot be read: {words}.")


def foreign(path: Path) -> ForeignOwner:
    """Make the error for a repository of another user."""
    return ForeignOwner(
        f"The repository {path.name} belongs to another user, so git refuses to work in it.",
        mend=f"Where you trust who can write there: git config --global --add safe.directory {path}; else: chown it to yourself",
    )


def attributes_beside_repositories() -> bool:
    """Say whether the user or the machine gives files attributes, in whatever repository they are."""
    levels = ((ConfigLevel.XDG, "attributes"), (ConfigLevel.SYSTEM, "gitattributes"))
    folders = ((folder, name) for level, name in levels for folder in pygit2.settings.search_path[level].split(":"))
    return any(os.path.exists(f"{folder}/{name}") for folder, name in folders if folder)  # noqa: PTH110  (of every text that is committed)
