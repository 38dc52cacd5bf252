"""Where all branches of many repositories stand."""

import shutil
from itertools import count
from pathlib import Path
from time import perf_counter

from bench.data import git
from bench.timing import SECONDS, Line, Samples, timed
from calcifer.kit.git.branches import standing

REPOSITORIES = 500
TARGET_SECONDS = 0.3
TIMES = 10
ASKED_OF_GIT = 25
"""So many repositories are asked by git processes, and the time is multiplied: all of them would take a quarter of a minute."""


def measure(folder: Path) -> list[Line]:
    """Read the state of 500 repositories with four branches each: two ahead, one merged, one empty."""
    paths = _many(folder)
    samples = timed(lambda: [standing(path, "main") for path in paths], TIMES, before=1)
    peer = Samples([_by_git(paths[:ASKED_OF_GIT]) * REPOSITORIES / ASKED_OF_GIT for _ in range(3)])
    what = f"state of {REPOSITORIES} repositories with {REPOSITORIES * 4:,} branches"
    ran = "rev-list --count for each branch"
    return [Line(what, samples.median, samples.noise, TARGET_SECONDS, SECONDS, peer.median, ran)]


def _by_git(paths: list[Path]) -> float:
    began = perf_counter()
    for path in paths:
        for branch in git(path, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines():
            if branch != "main":
                git(path, "rev-list", "--left-right", "--count", f"main...{branch}")
    return perf_counter() - began


def _many(folder: Path) -> list[Path]:
    """Make one repository with fifty commits on main, packed as it is after a while, and copy it."""
    folder.mkdir()
    model = folder / "0"
    git(folder, "init", "-q", "-b", "main", "0")
    git(model, "fast-import", "--quiet", given="".join(_history()).encode())
    git(model, "gc", "-q")
    for number in range(1, REPOSITORIES):
        shutil.copytree(model, folder / str(number))
    return [folder / str(number) for number in range(REPOSITORIES)]


def _history() -> list[str]:
    words = [_commit("main", f"Change {number}", mark=f"mark :{number + 1}\n") for number in range(50)]
    for name, mark in (("work/1-a", 50), ("work/2-b", 40), ("merged", 20)):
        words += [f"reset refs/heads/{name}\nfrom :{mark}\n\n"]
        words += [_commit(name, f"{name} {number}") for number in range(3)]
    words.append(_commit("main", "Merge", merge="merge refs/heads/merged\n"))
    words += [f"reset refs/{ref}\nfrom :{mark}\n\n" for ref, mark in (("heads/empty", 50), ("remotes/origin/main", 48))]
    return words


_minutes = count()  # a commit a minute: git and libgit2 find their way through history by its times


def _commit(branch: str, message: str, *, mark: str = "", merge: str = "") -> str:
    text = f"{branch} {message}"
    at = 1_700_000_000 + next(_minutes) * 60
    return (
        f"commit refs/heads/{branch}\n{mark}committer Ada <ada@example.org> {at} +0000\n"
        f"data {len(message)}\n{message}\n{merge}M 100644 inline file\ndata {len(text)}\n{text}\n\n"
    )
