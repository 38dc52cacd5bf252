"""Brings shipped files into service with `docker compose`, as a person in the directory would type it, and one thing more.

`docker compose up -d` recreates what the compose files changed. It does not see that a mounted file has other content, and a
container that mounts a file sees the one that was there when it started: files are replaced by new ones, as git replaces them. So
those that mount what changed, and that `up` did not start anew, are restarted: they keep their ids.
"""

import json
import posixpath
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from calcifer.deployments.shipping import Place, Shipped
from calcifer.deployments.trees import folders_above
from calcifer.kit import ssh
from calcifer.kit.errors import Unavailable

SECONDS = 1800.0
SAID_BYTES = 20_000_000
_LIST = """list() {
  for id in $(docker compose ps --all --quiet); do docker inspect --format '{{json .}}' "$id" || exit 1; done
  echo
}
"""
_UP = """set -u
cd @DIRECTORY@ || exit 1
@LIST@
pwd -P
list
docker compose up -d --quiet-pull </dev/null >&2 || exit 1
list
"""


@dataclass(frozen=True)
class Container:
    """A container of the project, as the engine tells it."""

    id: str
    service: str
    started: str
    sources: tuple[str, ...]
    """What of the host it mounts, from the top."""


@dataclass(frozen=True)
class Followed:
    """What `follow` did: ids of the containers that are there now, and of those that it restarted."""

    containers: dict[str, str]
    restarted: list[str]


def follow(place: Place, shipped: Shipped) -> Followed:
    """Bring what was shipped into service; raises what compose says. The caller then settles."""
    script = _UP.replace("@DIRECTORY@", shlex.quote(place.path)).replace("@LIST@", _LIST)
    said = ssh.answer(place.host, script, seconds=SECONDS, most_bytes=SAID_BYTES)
    lines = said.decode("utf-8", "surrogateescape").split("\n")
    try:
        directory, before, after = lines[0], *_two(lines[1:])
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"{place.host} does not say which containers it has.") from error
    unchanged = [one for one in after if (one.id, one.started) in {(old.id, old.started) for old in before}]
    changed = [*shipped.added, *shipped.changed, *shipped.removed]
    late = stale(unchanged, {directory, place.path}, changed)
    if late:
        restart = f"docker restart {' '.join(shlex.quote(one.id) for one in late)}\n"
        ssh.answer(place.host, restart, seconds=SECONDS, most_bytes=SAID_BYTES)
    return Followed({one.id: one.service for one in after}, [one.id for one in late])


def stale(containers: Iterable[Container], directories: set[str], changed: Iterable[str]) -> list[Container]:
    """Return the containers that mount a changed file, or a folder with one in it.

    One that mounts the service's whole directory sees the new files, and is not restarted for each README.
    """
    touched = set()
    for path in changed:
        for above in (path, *folders_above(path)):
            touched |= {posixpath.join(directory, above) for directory in directories}
    return [one for one in containers if touched & set(one.sources)]


def _two(lines: list[str]) -> tuple[list[Container], list[Container]]:
    end = lines.index("")
    return [_container(json.loads(line)) for line in lines[:end]], [
        _container(json.loads(line)) for line in lines[end + 1 :] if line
    ]


def _container(said: dict[str, Any]) -> Container:
    return Container(
        said["Id"],
        said["Config"]["Labels"]["com.docker.compose.service"],
        said["State"]["StartedAt"],
        tuple(mount["Source"] for mount in said["Mounts"] if mount["Type"] == "bind"),
    )
