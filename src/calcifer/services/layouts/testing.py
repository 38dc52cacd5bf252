"""The only place that runs the application's tests before and after it is converted, and says whether they became worse.

As rules do it: on a fresh checkout of what is committed, in a scratch directory, with a home of its own.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from calcifer.kit import commands
from calcifer.kit.errors import CalciferError
from calcifer.kit.git import relocation
from calcifer.services.copying import remove_tree
from calcifer.services.layouts.journal import Tested

LIMIT_SECONDS = 1800.0
LAST_LINES = 20
_RANKS = {"broken": 0, "failed": 1, "passed": 2}


def run(repository: Path, commit: str, inside: str, command: str, scratch: Path) -> Tested:
    """Run `command` in the directory `inside` of a checkout of `commit`, below `scratch`; never raises for what it does."""
    try:
        sweep(scratch)
        home, checkout = scratch / "home", scratch / "checkout" / repository.name
        home.mkdir(parents=True, mode=0o700)
        checkout.parent.mkdir()
        relocation.copy_out(repository, checkout, commit)
        ended = commands.run(command, cwd=checkout / inside, home=home, mark=str(scratch), limit_seconds=LIMIT_SECONDS)
    except (CalciferError, OSError) as error:
        return Tested("broken", output=f"They could not be run: {error}")
    finally:
        sweep(scratch)
    if ended.exit_code is None:
        return Tested("broken", None, ended.seconds, f"{ended.output}\nThey did not end within {LIMIT_SECONDS:.0f} s.")
    return Tested("passed" if ended.exit_code == 0 else "failed", ended.exit_code, ended.seconds, ended.output)


def sweep(scratch: Path) -> None:
    """Remove what a run has left that was killed, and end what still runs on its behalf."""
    commands.kill(str(scratch))
    if scratch.exists():
        remove_tree(scratch)
    shutil.rmtree(scratch, ignore_errors=True)


def is_worse(before: Tested, after: Tested) -> bool:
    """Say whether something passed, or at least ran, that does not any more."""
    return _RANKS[after.state] < _RANKS[before.state]


def told(tested: Tested, when: str) -> str:
    """Return how they ended, as a sentence."""
    words = {
        "passed": f"passed {when}",
        "failed": f"failed {when} with code {tested.exit_code}",
        "broken": f"did not come to an end {when}",
    }
    return f"The application's tests {words[tested.state]} ({tested.seconds:.1f} s)."


def last_lines(tested: Tested) -> list[str]:
    """Return the end of what they wrote."""
    return [line for line in tested.output.splitlines() if line.strip()][-LAST_LINES:]


Tell = Callable[[str], None]
