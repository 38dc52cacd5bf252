"""The only place that looks at a repository which services are taken out of: its folders, and what stays in it.

Words: a *whole* is such a repository; what *stays* belongs to no service and is not taken along.
"""

import os
from functools import cached_property
from pathlib import Path

from calcifer.kit.git import founding
from calcifer.kit.git.history import Source
from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import Repository
from calcifer.services import compose
from calcifer.services.histories import Past
from calcifer.services.mains import main_branch

LISTED = 8  # names in a sentence
_RULES = (".gitignore", ".gitattributes")


class Whole:
    """The repository at `path`, as of the last commit of its main branch."""

    def __init__(self, path: Path) -> None:
        """Open it; raises Unavailable where it cannot be read."""
        self.path = path
        self.source = Source(path)
        self.branch = main_branch(Repository(path))

    @cached_property
    def tip(self) -> str | None:
        """The last commit of main; None where there is none."""
        return self.source.branches().get(self.branch)

    @cached_property
    def is_checked_out(self) -> bool:
        """Whether what lies there is main."""
        return self.tip is not None and self.source.head() == self.tip

    def relative(self, path: Path) -> str:
        """Return the path from the top of the repository, links not followed."""
        return os.path.relpath(path, self.path)

    def folders(self) -> list[Path]:
        """Return the folders at the top that are not hidden, by name."""
        with self.source:
            found = self.source.folder(self.tip) if self.tip else None
        return [
            self.path / os.fsdecode(name)
            for name, is_folder in sorted((found or {}).items())
            if is_folder and not name.startswith(b".")
        ]

    def has(self, path: Path) -> bool:
        """Say whether main has a folder there."""
        return self.tip is not None and self.source.folder(self.tip, os.fsencode(self.relative(path))) is not None

    def has_elsewhere(self, path: Path) -> bool:
        """Say whether what is checked out has a folder there that main does not have."""
        head = self.source.head()
        name = os.fsencode(self.relative(path))
        return not self.has(path) and head is not None and self.source.folder(head, name) is not None

    def compose(self, path: Path) -> str | None:
        """Return the compose file of a folder of main, at its top or in the only folder in it that has one."""
        own = self._compose(path)
        if own or not self.tip:
            return own
        inside = self.source.folder(self.tip, os.fsencode(self.relative(path))) or {}
        below = [path / os.fsdecode(name) for name, is_folder in inside.items() if is_folder]
        found = [f"{folder.name}/{name}" for folder in below if (name := self._compose(folder))]
        return found[0] if len(found) == 1 else None

    def with_compose(self, path: Path) -> int:
        """Return how many folders in a folder of main have a compose file."""
        inside = self.source.folder(self.tip, os.fsencode(self.relative(path))) if self.tip else None
        names = (name for name, is_folder in (inside or {}).items() if is_folder)
        return sum(self._compose(path / os.fsdecode(name)) is not None for name in names)

    def _compose(self, path: Path) -> str | None:
        names = self.source.folder(self.tip, os.fsencode(self.relative(path))) if self.tip else None
        return next((name for name in compose.NAMES if names and names.get(name.encode()) is False), None)

    def past(self, path: Path) -> Past:
        """Return where a folder's history is; it has not been looked into."""
        assert self.tip
        return Past(self.path, self.relative(path), self.branch, self.tip, self.is_checked_out)

    @cached_property
    def _uncommitted(self) -> list[tuple[str, str]]:
        return founding.uncommitted(self.path) if self.is_checked_out else []

    def lying(self, path: Path) -> list[tuple[str, str]]:
        """Return what lies in a folder and is not committed, as `founding.uncommitted` does, by the path in that folder."""
        above = self.relative(path) + "/"
        return [
            (state, name[len(above) :]) for state, name in self._uncommitted if name.startswith(above) and name != above
        ]

    def rules_above(self, path: Path) -> list[str]:
        """Return the files with ignore rules or attributes in the folders around one, which do not come along."""
        if not self.tip:
            return []
        around = [Path(self.relative(path)).parents[depth] for depth in range(len(Path(self.relative(path)).parents))]
        names = [os.path.normpath(folder / name) for folder in around for name in _RULES]
        return [name for name in names if self.source.is_at(self.tip, os.fsencode(name))]

    # -- what stays ----------------------------------------------------------------------------------------------------

    def stays(self, taken: list[Past]) -> list[str]:
        """Return a sentence about each thing that belongs to none of the services that are taken out."""
        if not self.tip:
            return []
        used = {past.folder.split("/")[0] for past in taken}
        entries = self.source.folder(self.tip) or {}
        rest = [os.fsdecode(name) + "/" * is_folder for name, is_folder in sorted(entries.items())]
        said = _listed(
            [name for name in rest if name.rstrip("/") not in used], "belong to no service that is taken out"
        )
        main = self.tip
        for name, commit in sorted(self.source.branches().items()):
            ahead = self.source.ahead(commit, main) if name != self.branch else 0
            if ahead:
                said.append(
                    f"The branch {visible(name)} is not taken along: {ahead} of its commits are not on {self.branch}."
                )
        known = {tag for past in taken if past.trace for tag in past.trace.tags}
        tags = [name.removeprefix("refs/tags/") for name in sorted(self.source.tags()) if name not in known]
        said += _listed(tags, "are tags from before these services, or of no commit")
        if Repository(self.path).tip("refs/stash"):
            said.append("Stashed edits stay there.")
        return said


def around(path: Path) -> Path | None:
    """Return the top of the checkout that a directory lies in, or None; the directory itself is not asked."""
    return next((above for above in path.parents if founding.is_repository(above)), None)


def _listed(names: list[str], what: str) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return [f"{', '.join(visible(name) for name in names[:LISTED])}{more} {what}."]
