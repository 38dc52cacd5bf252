"""The only place that packs loose objects: a change leaves some dozens, and reading one takes as long as ten packed ones."""

from pathlib import Path

from calcifer.kit.git.program import run

MANY = 2000
"""So many loose objects are worth a pack; git's own `gc --auto` waits for 6,700."""
PATIENCE_SECONDS = 1800


def has_many_loose(git_dir: Path) -> bool:
    """Estimate from one of the 256 folders, as git does it, whether there are many loose objects."""
    try:
        return sum(1 for _ in (git_dir / "objects" / "17").iterdir()) > MANY // 256
    except OSError:
        return False


def repack(path: Path) -> None:
    """Pack what is loose, and packs of like size together; no object is ever dropped, reachable or not.

    Safe beside readers and writers: an object is in a pack before it is removed where it lay.
    """
    run(
        "repack",
        "-d",
        "-q",
        "-l",
        "--geometric=2",
        "--no-write-bitmap-index",
        cwd=path,
        timeout_seconds=PATIENCE_SECONDS,
    )
