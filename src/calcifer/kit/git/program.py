"""The only place that starts the git program; gives it a clean environment, no terminal, no hooks and a time limit."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from calcifer.kit.errors import Unavailable

# Local ref and checkout commands run without the repository's hooks: a hook is code that somebody may have pushed.
QUIET = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.fsync=committed,loose-object",
    "-c", "core.filesRefLockTimeout=3000",
    "-c", "core.quotePath=false",
    "-c", "gc.auto=0",
    "-c", "advice.detachedHead=false",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a git command gave back."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are not UTF-8 survive as surrogates."""
        return self.out.decode("utf-8", "surrogateescape")


class GitFailed(Unavailable):
    """A git command failed in a way that its caller did not expect; the message ends with git's own words."""


class FilterFailed(GitFailed):
    """A filter that the repository's configuration names (git-lfs, git-crypt) did not run, and files need it."""


NO_REASON = "it gave no reason."
_FILTER = re.compile(r"(?:clean|smudge) filter|external filter|filter-process|filter process")


def filter_failed(err: str) -> FilterFailed | None:
    """Return the error about a filter that did not run, by git's words, or None."""
    if not _FILTER.search(err):
        return None
    return FilterFailed(
        f"A filter that this repository needs did not run: {last_words(err) or NO_REASON}",
        mend="Install the program that it names (git-lfs, git-crypt, …) for the user that Calcifer runs as, then repeat.",
    )


_LOCK = re.compile(r"Unable to create '(.+?\.lock)': File exists")


def held_lock(err: str) -> Path | None:
    """Return the lock of another git that a command has met, by its words, or None."""
    found = _LOCK.search(err)
    return Path(found[1]) if found else None


def locked(lock: Path) -> Unavailable:
    """Make the error about a lock that stays: git has none that tells a running holder from one that a power cut took."""
    return Unavailable(
        f"Another git command holds {lock}, or one that was killed has left it.",
        mend=f"Where no git runs there: rm {lock}",
    )


def environment(**extra: str) -> dict[str, str]:
    """Return this process's environment without GIT_* variables, set up for a program nobody can answer."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key.startswith("GIT_SSL")}
    clean |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file"}
    clean.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    return clean | extra


def arguments(args: tuple[str, ...], *, hooks: bool = False) -> list[str]:
    """Return the command line for git with the settings that every command here gets."""
    return ["git", *(QUIET[2:] if hooks else QUIET), *args]


def run(
    *args: str,
    cwd: Path,
    stdin: bytes | None = None,
    env: dict[str, str] | None = None,
    accept: tuple[int, ...] = (0,),
    timeout_seconds: float = 60,
    hooks: bool = False,
) -> Answer:
    """Run one git command in `cwd` and return its answer; a code outside `accept` or a passed time limit raises GitFailed."""
    try:
        done = subprocess.run(
            arguments(args, hooks=hooks),
            cwd=cwd,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            env=environment(**(env or {})),
            timeout=timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GitFailed(f"git {_verb(args)} did not end within {timeout_seconds:.0f} seconds.") from None
    except OSError as error:
        raise GitFailed(f"git could not be started in {cwd}: {error.strerror}.") from error
    answer = Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip())
    if answer.code not in accept and (failed := filter_failed(answer.err)):
        raise failed
    if answer.code not in accept:
        raise GitFailed(f"git {_verb(args)} failed: {last_words(answer.err) or NO_REASON}")
    return answer


def _verb(args: tuple[str, ...]) -> str:
    """Return the command among the arguments: settings may come before it."""
    rest = list(args)
    while rest and rest[0] == "-c":
        del rest[:2]
    return next((word for word in rest if not word.startswith("-")), "")


_ALWAYS = re.compile(
    r"hint:|fatal: Could not read from remote repository|Please make sure you have the correct access rights"
    r"|and the repository exists\."
)
"""What git says after any reason of another program, and what says none: behind it the reason would be cut off."""


def last_words(err: str) -> str:
    """Return the last lines of what git said that give a reason, or an empty text."""
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    reasons = [line for line in lines if not _ALWAYS.match(line)]
    return " ".join((reasons or lines)[-3:])[:600]
