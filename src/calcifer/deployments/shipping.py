"""The only place that brings versions to hosts: packs one, runs the script there, and reads what it says."""

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from calcifer.deployments.trees import packed
from calcifer.hosts.naming import STACKS, checked_directory
from calcifer.kit import dotenv, ssh
from calcifer.kit.errors import Conflict, Invalid, Unavailable
from calcifer.kit.git.names import checked_oid, visible
from calcifer.kit.git.repository import Repository
from calcifer.kit.legible import printable
from calcifer.kit.ssh import Host
from calcifer.services.naming import checked_name

ROOT = STACKS
KEPT = 5
"""How many versions stay on a host, the deployed one included."""
SECONDS = 600.0
SAID_BYTES = 50_000_000
NOTHING = "0" * 40
_SCRIPT = "".join((Path(__file__).parent / name).read_text("utf-8") for name in ("enclosing.sh", "place.sh"))
_SHOWN = 10


class InTheWay(Conflict):
    """Files on the host are not as any version left them, and would be lost; nothing was changed."""

    def __init__(self, host: Host, paths: list[str]) -> None:
        """Name the first of them."""
        self.paths = paths
        shown = ", ".join(f"'{visible(path)}'" for path in paths[:_SHOWN])
        more = f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else ""
        super().__init__(
            f"On {host} files are in the way, and nothing was changed: {shown}{more}.",
            mend="Bring the edits into the repository, or move the files away on the host, then repeat.",
        )


@dataclass(frozen=True)
class Place:
    """Where a service lies on a host."""

    host: Host
    service: str
    directory: str = ""
    """From the top; where it is empty, beside the others on the host."""
    root: str = ""
    """Where services lie on the host; where it is empty, /opt/calcifer."""
    folder: str = ""
    """Where in its repository the service is."""
    without: tuple[str, ...] = ()
    """Folders of the repository that other services are."""

    def __post_init__(self) -> None:
        """Raise Invalid where this is no place for a service."""
        checked_name(self.service)
        if checked_directory(self.path) != self.path or self.path.count("/") < 2:
            raise Invalid.field("directory", "Name the directory from the top, at least two levels deep, without '..'.")

    @property
    def path(self) -> str:
        """The directory."""
        return self.directory or f"{self.root or ROOT}/{self.service}"

    @property
    def versions(self) -> str:
        """The directory beside it that keeps earlier versions, and what is known of them."""
        return f"{self.root or ROOT}/.versions/{self.service}"


@dataclass(frozen=True)
class Shipped:
    """What lies in the directory now. `added`, `changed` and `removed` are what the containers were not told of yet: since the last
    `settle`, interrupted shipping included."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    """Edited on the host and the same in both versions: left as they are."""


def ship(
    place: Place,
    repository: Repository,
    commit: str,
    *,
    by: str,
    aside: bool = False,
    block: bytes = b"",
    seconds: float = SECONDS,
) -> Shipped:
    """Bring the files of `commit` into the service's directory, by one connection; `by` is the line that the host keeps about it.

    `block` is what .env there has of secrets, empty for none; it goes by standard input, and into that file alone.
    Files that are in the way are kept `aside` on the host, in .versions/<service>/aside, where that is asked for.

    Repeated after whatever interrupted it, it ends in the same state. Raises NotShippable, InTheWay, and what ssh says.
    """
    with packed(repository, checked_oid(commit), place.folder, place.without, front=block) as version:
        script = _script("ship", place, commit, version.digest, by, aside=aside, block=block)
        return _said(place.host, script, seconds, version.archive)


def go_back(place: Place, commit: str, digest: str, *, by: str, block: bytes = b"") -> Shipped:
    """Bring a kept version back, without sending it; NotFound where the host does not keep it whole."""
    return _said(place.host, _script("place", place, commit, digest, by, block=block), feed=io.BytesIO(block))


def settle(place: Place, commit: str) -> None:
    """Let the host forget what changed: the containers have followed to `commit`."""
    _said(place.host, _script("settle", place, commit, "", ""))


def edited(place: Place) -> list[str]:
    """Return the tracked files that are otherwise on the host than the version that was brought there last; [] where none was."""
    return _said(place.host, _script("compare", place, NOTHING, "", "")).edited


def note(place: Place, record: str) -> None:
    """Add a record to those that the host keeps."""
    _said(place.host, _script("note", place, NOTHING, "", "", record))


def _script(
    mode: str,
    place: Place,
    commit: str,
    digest: str,
    by: str,
    record: str = "",
    *,
    aside: bool = False,
    block: bytes = b"",
) -> str:
    values = {
        "mode": mode,
        "versions": place.versions,
        "directory": place.path,
        "commit": checked_oid(commit),
        "digest": digest,
        "by": printable(by),
        "most": str(KEPT),
        "record": record,
        "aside": "yes" if aside else "",
        "enclosed": str(len(block)),
        "tag": dotenv.tag_of(block),
    }
    return ssh.set_in_front(_SCRIPT, **values)


def _said(host: Host, script: str, seconds: float = SECONDS, feed: IO[bytes] | None = None) -> Shipped:
    *records, rest = ssh.answer(host, script, seconds=seconds, most_bytes=SAID_BYTES, feed=feed).split(b"\0")
    if rest or not records or records.pop() != b"Z":
        raise Unavailable(f"{host} did not say how it ended: look at the connection, then repeat.")
    found = {letter: _paths(records, letter) for letter in "XEACR"}
    if found["X"]:
        raise InTheWay(host, found["X"])
    return Shipped(found["A"], found["C"], found["R"], found["E"])


def _paths(records: Iterable[bytes], letter: str) -> list[str]:
    return sorted({os.fsdecode(one[1:]) for one in records if one[:1] == letter.encode()}, key=os.fsencode)
