"""What is done day to day to containers that are there, with `docker compose`, as a person would type it; and what they say."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calcifer.deployments.drivers.compose import health
from calcifer.deployments.shipping import Place
from calcifer.kit import ssh
from calcifer.kit.errors import Unavailable
from calcifer.kit.legible import printable

SECONDS = 30.0
SAID_BYTES = 5_000_000
SEARCHED = 20_000
"""How many lines of each container are searched for a text."""
_FOLLOW = (Path(__file__).parent / "daily.sh").read_text("utf-8")
_FIELDS = (
    '{{.Label "com.docker.compose.service"}}', "{{.Names}}", "{{.State}}", "{{.Status}}", "{{.Image}}", "{{.Ports}}",
    '{{.Label "com.docker.compose.oneoff"}}',
)  # fmt: skip
_PATH = "PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
_ENGINE = 'docker version >/dev/null 2>&1 || { echo "has no docker engine that answers" >&2; exit 75; }\n'
_STATE = f"""{_PATH}docker ps --all --no-trunc --filter "$filter" --format "$format" ||
  {{ echo "has no docker engine that answers" >&2; exit 75; }}
printf 'end\\n'
"""


@dataclass(frozen=True)
class Running:
    """A container, in the words of `docker ps`."""

    part: str
    name: str
    state: str
    said: str
    image: str
    ports: str

    @property
    def health(self) -> str:
        """starting, healthy or unhealthy; empty without a check."""
        return health(self.said)


def state(place: Place, project: str) -> list[Running]:
    """Ask which containers of a project are there, by one call of the engine; by name."""
    label = f"label=com.docker.compose.project={project}"
    script = ssh.set_in_front(_STATE, filter=label, format="\t".join(_FIELDS))
    said = ssh.answer(place.host, script, seconds=SECONDS, most_bytes=SAID_BYTES).decode("utf-8", "replace")
    return read(said, str(place.host))


def read(said: str, host: str) -> list[Running]:
    """Read what the engine said; Unavailable where that is not whole."""
    *lines, end = said.rstrip("\n").split("\n")
    if end != "end":
        raise Unavailable(f"{host} did not say all: look at the connection, then repeat.")
    rows = [line.split("\t") for line in lines]
    found = [
        Running(*(printable(word) for word in row[:-1]))
        for row in rows
        if len(row) == len(_FIELDS) and row[-1] != "True"
    ]
    return sorted(found, key=lambda one: (one.part, one.name))


def acting(place: Place, project: str, verb: str, parts: Sequence[str]) -> str:
    """Return the script that starts, stops or restarts what is there."""
    act = shlex.join(["docker", "compose", "-p", project, verb, *parts])
    return ssh.set_in_front(f'{_PATH}cd "$directory" || exit 1\nexec {act}\n', directory=place.path)


def logs(project: str, parts: Sequence[str], *, since: str, tail: int, follow: bool) -> str:
    """Return the script that tells what containers wrote, each line with name and instant."""
    words = ["docker", "compose", "-p", project, "logs", "--no-color", "--timestamps", "--tail", str(tail)]
    if since:
        words += ["--since", in_hours(since)]
    words += ["--follow"] * follow + list(parts)
    ask = "exec " + shlex.join(words)
    if not follow:
        return f"{_PATH}{_ENGINE}cd / && {ask}\n"
    return ssh.set_in_front(_FOLLOW, ask=ask)


def in_hours(since: str) -> str:
    """Return an instant, or how long ago, as the engine reads it: it knows no days (Go, time.ParseDuration)."""
    if since.endswith("d"):
        return f"{int(since[:-1]) * 24}h"
    return since.replace(" ", "T")
