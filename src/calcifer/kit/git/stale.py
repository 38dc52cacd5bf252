"""The only place that tells locks that a dead git has left from those that one holds.

Git's locks are files, with no word in them of who holds them. One that is old, in a repository that no git works in, is stale.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from calcifer.kit.git.program import QUIET

STALE_SECONDS = 600
"""How old a lock is before anybody calls it stale: git holds an index for moments, a pack file for minutes."""


def locks(git_dir: Path) -> Iterator[Path]:
    """Yield every lock of a repository, whoever holds it."""
    yield from sorted(git_dir.glob("*.lock"))
    yield from sorted(git_dir.glob("worktrees/*/*.lock"))
    yield from sorted(git_dir.glob("objects/info/**/*.lock"))
    yield from sorted(git_dir.glob("objects/*.lock"))
    for folder, _, files in os.walk(git_dir / "refs"):
        yield from (Path(folder) / name for name in sorted(files) if name.endswith(".lock"))


def has_git_in(path: Path) -> bool:
    """Say whether a git process works in the repository at `path`; also where that cannot be known.

    Those that Calcifer keeps for moving refs do not count: they hold something only while a writer runs, and who asks here is one.
    """
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if (process / "comm").read_text().startswith("git") and not _is_kept(process):
                try:
                    if (process / "cwd").readlink().is_relative_to(path):
                        return True
                except PermissionError:
                    return True
    return False


def _is_kept(process: Path) -> bool:
    command = (process / "cmdline").read_bytes().split(b"\0")
    return b"update-ref" in command and QUIET[1].encode() in command
