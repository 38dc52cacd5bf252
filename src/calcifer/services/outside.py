"""The only place that remembers outside of the database where services are that do not lie in the workspace: `var/outside`.

A path a line. It says where to look and nothing more: what is there says itself whether it was adopted.
"""

import os
from pathlib import Path

FILE = "outside"


def remember(var: Path, path: Path) -> None:
    """Add a path, once; one with a line feed in it is left to the database."""
    line = os.fsencode(path)
    if b"\n" in line or path in remembered(var):
        return
    with (var / FILE).open("ab") as file:
        file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())


def remembered(var: Path) -> list[Path]:
    """Return the paths, in the order in which they came."""
    try:
        lines = (var / FILE).read_bytes().split(b"\n")
    except OSError:
        return []
    return [Path(os.fsdecode(line)) for line in lines if line.startswith(b"/")]
