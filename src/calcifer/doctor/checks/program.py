"""The check `git`: the git program is there, and new enough."""

import re
from collections.abc import Iterator

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.errors import CalciferError
from calcifer.kit.git.upkeep import version

NEEDED = (2, 29)
"""`update-ref --stdin` in two phases, `fetch --no-write-fetch-head`."""
DURABLE = (2, 36)
"""`core.fsync`: before, what git itself writes may be lost by a power cut."""
MEND = "Install git 2.36 or newer: the package of this system, or of its backports."


@check("git", "Git is new enough", needs_database=False)
def program(ward: Ward) -> Iterator[Finding]:
    """Ask the program that Calcifer would run."""
    try:
        said = version(ward.home)
    except CalciferError as error:
        yield Finding("git", error.message, MEND)
        return
    found = re.search(r"(\d+)\.(\d+)", said)
    at = (int(found[1]), int(found[2])) if found else (0, 0)
    if at < NEEDED:
        yield Finding("git", f"This is {said}; Calcifer needs 2.29 or newer.", MEND)
    elif at < DURABLE:
        yield Finding("git", f"This is {said}: what it writes may be lost by a power cut.", MEND)
