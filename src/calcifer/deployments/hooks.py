"""What a version wants to run on its host before it starts, and once it is verified: read from its commit, bound to its content."""

import hashlib
import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from calcifer.kit.git.repository import Repository
from calcifer.services.descriptors import read_descriptor
from calcifer.services.folders import placed
from calcifer.services.service.reading import reader

SECONDS = 600
"""How long a hook may take."""
NAMES = {"pre_deploy": "before the containers follow", "post_deploy": "once the version is verified"}
LINK = 0o120000
_PATH = re.compile(r"[\w.@%+,~/-]+")
_MOST = 200
_RUN = """command -v setsid >/dev/null || {{ echo "this host has no setsid"; exit 127; }}
cd {directory} || exit 1
setsid sh -c {command} </dev/null 7>&- &
hook=$!
trap 'kill -s KILL -- "-$hook" 2>/dev/null; exit 143' TERM
(
  seconds=0
  while [ "$seconds" -lt {limit} ]; do sleep 1; seconds=$((seconds + 1)); done
  echo "It did not end within {limit} seconds, and was ended with all that it had begun."
  kill -s KILL -- "-$hook"
) 7>&- &
watch=$!
wait "$hook"
code=$?
kill "$watch" 2>/dev/null
kill -s KILL -- "-$hook" 2>/dev/null
exit "$code"
"""


@dataclass(frozen=True)
class Hook:
    """A command of a version; `digest` is of it and of the files of the repository that it names."""

    name: str
    command: str
    files: tuple[str, ...]
    digest: str

    @property
    def run(self) -> str:
        """What its run on a host is called."""
        return f"hook {self.name.replace('_', '-')}"


def hooks_of(repository: Repository, commit: str, folder: str = "") -> list[Hook]:
    """Return the hooks of a commit, in the order in which they run; none where its descriptor cannot be read."""
    descriptor = read_descriptor(reader(repository, commit, folder), name=folder or repository.path.name).descriptor
    hooks = descriptor.hooks if descriptor else None
    commands = {name: getattr(hooks, name) for name in NAMES} if hooks else {}
    return [_hook(repository, commit, folder, name, command) for name, command in commands.items() if command]


def script(hook: Hook, directory: str) -> str:
    """Return what runs on the host: the command in the service's directory, with nobody to answer it, ended when it is late."""
    return _RUN.format(directory=shlex.quote(directory), command=shlex.quote(hook.command), limit=SECONDS)


def _hook(repository: Repository, commit: str, folder: str, name: str, command: str) -> Hook:
    said = {path: word for path in _named(command) for word in [_content(repository, commit, folder, path)] if word}
    whole = "\0".join([name, command, *(f"{path} {said[path]}" for path in sorted(said))])
    return Hook(name, command, tuple(sorted(said)), hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest())


def _named(command: str) -> Iterator[str]:
    """Yield whatever in a command might be a path of the service: each word, however it is quoted."""
    found = (posixpath.normpath(word) for word in _PATH.findall(command)[:_MOST])
    yield from dict.fromkeys(path for path in found if not path.startswith(("/", "..")) and path != ".")


def _content(repository: Repository, commit: str, folder: str, path: str, depth: int = 5) -> str:
    """Return what a path holds, in one word; empty where it is not in the repository. A link counts with what it leads to."""
    where = placed(folder, path)
    if where is None:
        return ""
    entry = repository.entry(commit, where)
    if entry is None:
        below = "\0".join(f"{at} {blob.mode:o} {blob.oid}" for at, blob in repository.paths(commit, where))
        return hashlib.sha256(below.encode("utf-8", "surrogatepass")).hexdigest() if below else ""
    own = f"{entry.mode:o} {entry.oid}"
    if entry.mode != LINK or not depth:
        return own
    to = repository.blob(entry.oid).decode("utf-8", "replace")
    return f"{own} {_content(repository, commit, folder, posixpath.join(posixpath.dirname(path), to), depth - 1)}"
