"""The only place that talks to other machines: fetch and push, without a question to anybody, bounded in time, never by force.

Credentials come from the ssh agent, an ssh key or a credential helper. Nothing is written to `.git/config`. What git says is shown
without passwords. Hooks do not run: a hook is code that somebody may have pushed.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from calcifer.kit.errors import Conflict, Unavailable
from calcifer.kit.git.credentials import Credential, handed_over
from calcifer.kit.git.names import redacted
from calcifer.kit.git.program import NO_REASON, Answer, GitFailed, last_words, run

FETCH_SECONDS = 300
PUSH_SECONDS = 600
ORIGIN = "origin"
# A connection that gives less than a kilobyte a second for half a minute is dead.
_PATIENCE = ("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30")
_SSH_OPTIONS = "-o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=15"
# git's own words, in English because of LC_ALL → what they mean.
_REFUSED = (
    (
        r"Permission denied|Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|403",
        "refused the credentials: give git a key or a credential helper for it.",
    ),
    (r"Host key verification failed", "is a host that ssh does not know yet: connect to it once by hand."),
    (
        r"does not appear to be a git repository|[Rr]epository .*not found|not found: did you run|does not exist",
        "has no such repository: look at the address.",
    ),
    (r"protected branch|pre-receive hook declined|denied by|remote rejected", "does not take this branch."),
)


class NoOrigin(Conflict):
    """The repository has no remote that is called origin."""


class Refused(Conflict):
    """The other side answered, and said no; the same again will not work."""


class NotThere(Conflict):
    """Origin has no ref of that name."""


class Diverged(Conflict):
    """The other side has commits that are not here; nothing is ever forced."""


@dataclass(frozen=True)
class Pushed:
    """What a push did: `old` is the commit that was there (None: the branch is new), `new` the one that is there now."""

    url: str
    old: str | None
    new: str


def origin(path: Path) -> str:
    """Return the address of origin without any password; raises NoOrigin."""
    answer = run("config", "--get", f"remote.{ORIGIN}.url", cwd=path, accept=(0, 1))
    if answer.code or not answer.text.strip():
        raise NoOrigin(
            f"{path.name} has no remote that is called {ORIGIN}.",
            mend=f"git -C {path} remote add {ORIGIN} ADDRESS",
        )
    return redacted(answer.text.strip())


def fetch(path: Path) -> None:
    """Bring the branches of origin to `refs/remotes/origin/`; no branch of ours moves, and nothing is pruned.

    Raises NoOrigin, Refused where a person has to do something, Unavailable where the same again may work.
    """
    url = origin(path)
    # The refspec is said, and the configured one left out: that of a mirror would overwrite our branches.
    refs = f"+refs/heads/*:refs/remotes/{ORIGIN}/*"
    quiet = ("--quiet", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance")
    answer = _talk("fetch", *quiet, "--refmap=", "--no-prune", ORIGIN, refs, path=path, seconds=FETCH_SECONDS)
    if answer.code:
        raise _failure(url, answer)


def fetch_ref(path: Path, ref: str, into: str, credential: Credential | None = None) -> str:
    """Bring one `ref` of origin here as the ref `into`, whatever that was before, and return its commit.

    Raises NotThere where origin has no such ref, else as `fetch` does.
    """
    url = origin(path)
    quiet = ("--quiet", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", "--no-tags")
    spec = f"+{ref}:{into}"
    answer = _talk("fetch", *quiet, "--refmap=", ORIGIN, spec, path=path, seconds=FETCH_SECONDS, credential=credential)
    if answer.code and "find remote ref" in answer.err:
        raise NotThere(f"{url} has no {ref}.")
    if answer.code:
        raise _failure(url, answer)
    return run("rev-parse", "--verify", f"{into}^{{commit}}", cwd=path).text.strip()


def push(path: Path, branch: str) -> Pushed:
    """Bring `branch` to the branch of the same name at origin.

    Raises NoOrigin, Diverged where commits there are not here, Refused or Unavailable.
    """
    url = origin(path)
    ref = f"refs/heads/{branch}"
    answer = _talk("push", "--porcelain", "--no-verify", ORIGIN, f"{ref}:{ref}", path=path, seconds=PUSH_SECONDS)
    line = next((line for line in answer.text.splitlines() if f"\t{ref}:{ref}\t" in line), "")
    if line.startswith("!") and re.search(r"fetch first|non-fast-forward|stale info", line):
        raise Diverged(
            f"{url} has commits on '{branch}' that are not here, so nothing was pushed.",
            mend=f"Look at them (git -C {path} fetch && git -C {path} log {branch}..{ORIGIN}/{branch}), bring them in, push again.",
        )
    if answer.code or not line:
        raise _failure(url, answer, line)
    new = run("rev-parse", "--verify", ref, cwd=path).text.strip()
    moved = re.search(r"([0-9a-f]{7,40})\.\.([0-9a-f]{7,40})", line)
    if moved:
        new = run("rev-parse", "--verify", moved[2], cwd=path).text.strip()
        return Pushed(url, run("rev-parse", "--verify", moved[1], cwd=path).text.strip(), new)
    return Pushed(url, None if line.startswith("*") else new, new)


def _talk(command: str, *args: str, path: Path, seconds: float, credential: Credential | None = None) -> Answer:
    with_token, token = handed_over(credential)
    try:
        return run(
            *_PATIENCE,
            *with_token,
            "-c",
            f"remote.{ORIGIN}.mirror=false",
            command,
            *args,
            cwd=path,
            env={
                "GIT_SSH_COMMAND": f"{_ssh(path)} {_SSH_OPTIONS}",
                "GIT_ASKPASS": "",
                "SSH_ASKPASS_REQUIRE": "never",
                **token,
            },
            accept=(0, 1, 128, 129),
            timeout_seconds=seconds,
        )
    except GitFailed as error:
        raise Unavailable(redacted(error.message)) from None


def _ssh(path: Path) -> str:
    """Return the ssh command that the person or the repository has chosen."""
    configured = run("config", "--get", "core.sshCommand", cwd=path, accept=(0, 1)).text.strip()
    return os.environ.get("GIT_SSH_COMMAND") or configured or "ssh"


def _failure(url: str, answer: Answer, line: str = "") -> Conflict | Unavailable:
    said = redacted(f"{answer.err}\n{line}")
    for pattern, meaning in _REFUSED:
        if re.search(pattern, said):
            return Refused(f"{url} {meaning} It said: {last_words(said) or NO_REASON}")
    return Unavailable(f"{url} did not answer as expected: {last_words(said) or NO_REASON}")
