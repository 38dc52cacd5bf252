"""Brings shipped files into service with `docker compose`, as a person in the directory would type it, and one thing more.

`docker compose up -d` recreates what the compose files changed. It does not see that a mounted file has other content, and a
container that mounts a file sees the one that was there when it started: files are replaced by new ones, as git replaces them. So
those that mount what changed, and that `up` did not start anew, are restarted: they keep their ids.
"""

import json
import posixpath
import re
import shlex
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from calcifer.deployments.shipping import Place
from calcifer.deployments.trees import folders_above
from calcifer.kit import ssh
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.git.names import checked_oid
from calcifer.kit.legible import printable

SECONDS = 120.0
SAID_BYTES = 20_000_000
ALL = frozenset({"files", "hashes", "containers", "images"})
_LOOK = (Path(__file__).parent / "compose.sh").read_text("utf-8")
_HANDOVER = (Path(__file__).parent / "handover.sh").read_text("utf-8")
ITSELF = "calcifer-app"
_UP = """cd "$directory" || exit 1
exec docker compose -p "$project" up --detach --build --quiet-pull --remove-orphans
"""
_NO_FRACTION = re.compile(r"\.(?!\d)[^Z]*")
"""What a `date` that knows no fractions says of them."""


@dataclass(frozen=True)
class Container:
    """A container of the project, as the engine tells it."""

    id: str
    name: str
    service: str
    hash: str
    """What compose made of its configuration when it made the container."""
    image: str
    """The id of the image that it runs."""
    ref: str
    """The image as the compose file names it."""
    status: str
    exit_code: int
    health: str
    """starting, healthy, unhealthy; empty where it has no health check."""
    started: str
    restarts: int
    policy: str
    """When the engine starts it again: no, always, unless-stopped, on-failure."""
    sources: tuple[str, ...] = ()
    """What of the host it mounts, from the top."""
    directory: str = ""
    """Where compose was when it made it; empty where that is not told."""


@dataclass(frozen=True)
class Image:
    """What a reference leads to on the host: the image's id, and its digests in registries."""

    id: str
    digests: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """What a host runs of a service, and what the files in its directory ask for."""

    project: str
    own: str = ""
    """What compose calls the project by the files in the directory."""
    directory: str = ""
    """As the host spells it, links resolved; empty where there is none."""
    deployed: str | None = None
    """The commit that was brought there last."""
    is_settled: bool = True
    """Whether the containers have followed to what was brought last."""
    broken: str = ""
    """What compose says is wrong with the files."""
    hashes: dict[str, str] = field(default_factory=dict)
    """Service of the files → what compose makes of its configuration now."""
    containers: tuple[Container, ...] = ()
    images: dict[str, Image] = field(default_factory=dict)
    now: datetime | None = None
    """By the host's clock."""


def look(place: Place, project: str = "", wanted: Collection[str] = ALL) -> State:
    """Ask what is there, as far as it is `wanted`; without a `project` compose says what the directory's is. Nothing is changed."""
    values = {
        "directory": place.path, "project": project, "versions": place.versions, "wanted": " ".join(sorted(wanted)),
    }  # fmt: skip
    script = ssh.set_in_front(_LOOK, **values)
    said = ssh.answer(place.host, script, seconds=SECONDS, most_bytes=SAID_BYTES)
    try:
        return read(said.decode("utf-8", "surrogateescape"))
    except (ValueError, KeyError, TypeError, Invalid) as error:
        raise Conflict(f"{place.host} does not say which containers it has.") from error


def read(said: str) -> State:
    """Read what the script said; ValueError, KeyError or TypeError where it is something else."""
    lines = [line.partition("\t")[::2] for line in said.split("\n") if "\t" in line]
    one = dict(lines)
    if one.get("end") != "ok":
        raise ValueError("cut off")
    if len({value.partition(" ")[0] for key, value in lines if key == "status"}) != sum(
        key == "container" for key, _ in lines
    ):
        raise ValueError("not all containers are told")
    healths = {id_: health(said) for key, value in lines if key == "status" for id_, _, said in [value.partition(" ")]}
    # Nothing is told of an image whose name was taken away.
    images = [value.split(" ", 2) for name, value in lines if name == "image" and value]
    return State(
        one["project"],
        one.get("own", ""),
        one.get("directory", ""),
        checked_oid(one["deployed"]) if "deployed" in one else None,
        "unapplied" not in one,
        printable(one.get("broken", "")),
        {name: rest for name, _, rest in (value.partition(" ") for key, value in lines if key == "hash") if rest},
        tuple(made for key, value in lines if key == "container" and (made := _container(json.loads(value), healths))),
        {ref: Image(found, tuple(json.loads(digests) or ())) for ref, found, digests in images},
        datetime.fromisoformat(_NO_FRACTION.sub("", one["now"])),
    )


def up(place: Place, project: str) -> str:
    """Return the script that lets the containers follow the files: images are built or pulled, what is gone is removed.

    Calcifer's own containers may be those that carry this out: the script lets one version take over from the other by itself.
    """
    if place.service == ITSELF:
        return ssh.set_in_front(_HANDOVER, directory=place.path, project=project, versions=place.versions)
    return ssh.set_in_front(_UP, directory=place.path, project=project)


def restart(containers: Sequence[Container]) -> str:
    """Return the script that restarts these."""
    return f"exec {shlex.join(['docker', 'restart', *(one.id for one in containers)])}\n"


def stale(before: State, after: State, place: Place, changed: Iterable[str]) -> list[Container]:
    """Return the containers that mount a changed file, or a folder with one in it, and that have not been started since.

    One that mounts the service's whole directory sees the new files, and is not restarted for each README.
    """
    known = {(one.id, one.started) for one in before.containers}
    touched = set()
    for path in changed:
        for above in (path, *folders_above(path)):
            touched |= {posixpath.join(directory, above) for directory in (after.directory, place.path)}
    running = (one for one in after.containers if (one.id, one.started) in known and one.status == "running")
    return [one for one in running if touched & set(one.sources)]


def health(status: str) -> str:
    """Return starting, healthy or unhealthy from what `docker ps` says, as in `Up 3 seconds (health: starting)`; empty without."""
    said = status.rpartition("(")[2].removesuffix(")").removeprefix("health: ")
    return said if said in ("starting", "healthy", "unhealthy") else ""


def _container(said: dict[str, Any], healths: dict[str, str]) -> Container | None:
    if said["oneoff"] == "True":  # of `docker compose run`: somebody's command, and no part of the service
        return None
    own = {name: said[name] for name in ("id", "service", "hash", "image", "ref", "status", "exit_code")}
    sources = tuple(mount["Source"] for mount in said["mounts"] or () if mount["Type"] == "bind")
    return Container(
        name=said["name"].lstrip("/"), started=said["started"], restarts=said["restarts"], policy=said["policy"],
        health=healths.get(said["id"], ""), sources=sources, directory=said["directory"] or "", **own,
    )  # fmt: skip
