"""The only place that writes the files of a commit into an empty folder, as a checkout would have them."""

import tempfile
from pathlib import Path

from calcifer.kit.git import program
from calcifer.kit.git.names import checked_oid


def export(git_dir: Path, commit: str, folder: Path) -> None:
    """Write every file of `commit` below the empty `folder`, filters and line endings applied.

    By `read-tree` with an index of its own and not by `archive`, which leaves out what `export-ignore` names. Raises GitFailed.
    """
    with tempfile.TemporaryDirectory(prefix="calcifer-index-") as scratch:
        program.run(
            "-c", "core.bare=false", "read-tree", "--reset", "-u", checked_oid(commit),
            cwd=folder,
            env={"GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(folder), "GIT_INDEX_FILE": str(Path(scratch) / "index")},
            timeout_seconds=300,
        )  # fmt: skip
