"""The only place that looks at repositories for their states, outside of any unit of work: git's own processes take their time."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calcifer.git.models import Listed
from calcifer.kit.errors import CalciferError
from calcifer.kit.git import checkouts
from calcifer.kit.git.branches import Standing, standing
from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import Repository

AT_ONCE = 4
"""Processes of `git status` at a time."""
NAMES = 20
STRAYS = 100


@dataclass(frozen=True)
class Seen:
    """What one look at a repository gave."""

    service_id: int
    standing: Standing | None = None
    strays: list[dict[str, Any]] = field(default_factory=list)
    stray_count: int = 0
    checkouts: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None


def look(
    repositories: Iterable[Listed],
    open_branches: Mapping[str, set[str]],
    tell: Callable[[str], None] = lambda _: None,
) -> list[Seen]:
    """Look at each repository; one that cannot be read has an `error` and does not keep the others from being seen."""
    wanted = list(repositories)
    with ThreadPoolExecutor(min(AT_ONCE, len(wanted) or 1), thread_name_prefix="git-look") as pool:
        running = [pool.submit(_look, one, open_branches.get(one.path, set())) for one in wanted]
        for done, _ in enumerate(as_completed(running), 1):
            tell(f"{done} of {len(wanted)} repositories")
    return [one.result() for one in running]


def _look(repository: Listed, known: set[str]) -> Seen:
    path = Path(repository.path)
    try:
        found = standing(path, repository.main_branch, known)
        strays = [branch for branch in found.branches if branch.name not in known]
        return Seen(
            repository.service_id,
            found,
            [
                {
                    "name": visible(branch.name),
                    "oid": branch.oid,
                    "ahead": branch.ahead,
                    "behind": branch.behind,
                    "state": branch.state,
                    "at": branch.at.isoformat() if branch.at else None,
                }
                for branch in strays[:STRAYS]
            ],
            len(strays),
            _dirty(path),
        )
    except CalciferError as error:
        return Seen(repository.service_id, error=error.message)


def _dirty(path: Path) -> list[dict[str, Any]]:
    found = []
    for checkout in checkouts.checkouts(Repository(path)):
        edits = checkouts.edits(checkout)
        if edits:
            names = [visible(edit.path) for edit in edits[:NAMES]]
            branch = checkout.branch and visible(checkout.branch)
            found.append({"path": visible(str(checkout.path)), "branch": branch, "edits": len(edits), "names": names})
    return found
