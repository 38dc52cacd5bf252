"""The only place that asks git about its own health."""

from pathlib import Path

from calcifer.kit.git.program import run

FSCK_SECONDS = 3600
_SHOWN = 400


def fsck(path: Path) -> str:
    """Return what git finds wrong in a repository, "" where it finds nothing; it reads every object."""
    answer = run(
        "fsck", "--no-dangling", "--no-progress",
        cwd=path, accept=tuple(range(256)), timeout_seconds=FSCK_SECONDS,
    )  # fmt: skip
    if answer.code == 0:
        return ""
    lines = [
        line for line in f"{answer.text}\n{answer.err}".splitlines() if line.strip() and not line.startswith("notice:")
    ]
    return "; ".join(lines)[:_SHOWN] or f"git fsck ended with code {answer.code}."


def version(path: Path) -> str:
    """Return what the git program says of itself: `git version 2.39.5`."""
    return run("--version", cwd=path).text.strip()
