"""The only place that runs a service's `verify` command: on the files of a merge result, in a scratch worktree, and nowhere else.

A run is a folder `verify-<id>-…` below the workspace's worktrees, with the checkout and a home for the command; it is held by a
lock beside it and removed at the end. One that nobody holds is of a process that died, and goes before the next run.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from calcifer.kit import commands
from calcifer.kit.errors import CalciferError
from calcifer.kit.git.worktrees import add_scratch, remove_scratch
from calcifer.kit.locks import Tenure
from calcifer.services.models import Service
from calcifer.work import queries
from calcifer.work.rules import Verdict

LIMIT_SECONDS = 600.0
EVIDENCE_LINES = 20
_CHECKOUT = "checkout"


@dataclass(frozen=True)
class Outcome:
    """What a run came to: `state` is "passed", "failed", or "broken" (it could not be run, or did not end in time)."""

    state: str
    output: str = ""
    exit_code: int | None = None
    seconds: float = 0.0


def verdict(session: Session, service: Service, number: int, tree: str, command: str) -> Verdict:
    """Say what the last run of this command on this tree came to, for item `number`."""
    run = queries.find_verification(session, service.id, tree, command)
    again = f"calcifer work verify {number}"
    if run is None or run.state == "waiting":
        if queries.find_trusted(session, service.id, command) is None:
            said = "The verify command is not trusted to run on this machine."
            return Verdict("verify", "pending", said, f"Read it, then: calcifer work trust {service.name}", (command,))
        if run is None:
            said = "The verify command has not run on this merge result."
            return Verdict("verify", "pending", said, again, (command,))
        return Verdict("verify", "pending", "The verify command is running.", "Wait for its end", (command,))
    took = f"after {run.seconds or 0:.1f} s"
    if run.state == "passed":
        return Verdict("verify", "pass", f"The verify command passed {took}.", evidence=(command,))
    ended = f"ended with code {run.exit_code} {took}" if run.state == "failed" else "did not come to an end"
    last = tuple(line for line in run.output.splitlines() if line.strip())[-EVIDENCE_LINES:]
    return Verdict(
        "verify", "fail", f"The verify command {ended}.", f"Mend what it found; then {again}", (command, *last)
    )


def run(
    repository: Path,
    commit: str,
    command: str,
    *,
    name: str,
    worktrees: Path,
    below: str = "",
    limit_seconds: float | None = None,
) -> Outcome:
    """Run `command` in a folder of the files of `commit` and say what it came to; never raises for what these do.

    It takes as long as the command: for jobs, outside of any unit of work.
    """
    limit = LIMIT_SECONDS if limit_seconds is None else limit_seconds
    try:
        with _scratch(worktrees, name) as folder:
            checkout = folder / _CHECKOUT / repository.name  # compose, for one, goes by the name of the directory
            home = folder / "home"
            home.mkdir()
            try:
                add_scratch(repository, checkout, commit)
                ended = commands.run(command, cwd=checkout / below, home=home, mark=str(folder), limit_seconds=limit)
            finally:
                remove_scratch(repository, checkout)
    except (CalciferError, OSError) as error:
        return Outcome("broken", f"It could not be run: {error}")
    if ended.exit_code is None:
        late = f"It did not end within {limit:.0f} seconds, and was ended with all that it had begun."
        return Outcome("broken", f"{ended.output}\n{late}".strip(), None, ended.seconds)
    return Outcome("passed" if ended.exit_code == 0 else "failed", ended.output, ended.exit_code, ended.seconds)


@contextmanager
def _scratch(worktrees: Path, name: str) -> Iterator[Path]:
    """Give a folder that is gone afterwards, with all that runs on its behalf."""
    sweep(worktrees)
    folder = worktrees / f"verify-{name}-{secrets.token_hex(4)}"
    held = Tenure(folder.with_suffix(".lock"))
    held.take(folder.name)
    try:
        folder.mkdir(parents=True, mode=0o700)
        yield folder
    finally:
        commands.kill(str(folder))
        _remove(folder)
        held.path.unlink(missing_ok=True)
        held.give()


def sweep(worktrees: Path) -> None:
    """Remove what runs left behind whose process died, and end what still runs on their behalf."""
    for lock in worktrees.glob("verify-*.lock"):
        if Tenure(lock).holder() is not None:
            continue
        folder = lock.with_suffix("")
        commands.kill(str(folder))
        for git_file in folder.glob(f"{_CHECKOUT}/*/.git"):
            with suppress(OSError, CalciferError):
                of = Path(git_file.read_text().removeprefix("gitdir:").strip()).parents[1]
                remove_scratch(of.parent if of.name == ".git" else of, git_file.parent)
        _remove(folder)
        lock.unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    """Remove a folder even where the command made parts of it read-only; what is not ours (root's, say) stays."""
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):
                path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
