"""Judges what containers get of the host's files: mounts, volumes that are directories, files of configs and secrets."""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from calcifer.services.compose import NAMES
from calcifer.services.compose_merge import split_volume
from calcifer.services.compose_references import is_path
from calcifer.services.marked_yaml import Node, shown
from calcifer.services.reach.told import Fact, Named
from calcifer.services.reach.variables import resolved, value

Found = Iterator[Fact | Named]
OVERRIDES = tuple(f"{name.rpartition('.')[0]}.override.{name.rpartition('.')[2]}" for name in NAMES)
CONTROL = frozenset({*NAMES, *OVERRIDES, ".env"})
"""What compose reads in the service's directory, tracked or not."""
PUBLIC = re.compile(r"/(?:etc/(?:localtime|timezone)|usr/share/zoneinfo(?:/.*)?|etc/ssl/certs(?:/.*)?)\Z")
"""Files of every system in which nothing is secret; harmless where they are mounted read-only."""
SHARED_TYPES = frozenset({"nfs", "nfs4", "cifs", "smb3", "tmpfs"})
"""Kinds of file systems that a volume may be without being a part of the host."""
ELSEWHERE = "what lies elsewhere on the host is not the service's: keys, units, other services' files"
UNKNOWN = "only the host knows what that is"


@dataclass(frozen=True)
class Around:
    """What a service of the compose files is judged with: variables, sections, the project's files."""

    env: Mapping[str, str]
    sections: Mapping[str, Mapping[str, Node]]
    files: Collection[str]

    def entry(self, section: str, name: str) -> Mapping[str, Node]:
        """Return what a top-level section says of a name."""
        found = self.sections.get(section, {}).get(name)
        return found.mapping if found else {}


def volumes(name: str, node: Node, around: Around) -> Found:
    """Yield what the mounts of a service reach."""
    for item in node.items:
        if isinstance(item.value, dict):
            yield from _long(name, item, around)
        else:
            yield from _short(name, item, around)


def _long(name: str, item: Node, around: Around) -> Found:
    kind, source = (value(item.mapping.get(key), around.env) for key in ("type", "source"))
    if kind is None or source is None:
        yield Fact(name, f"mounts {shown(str(item.plain()), 200)}", UNKNOWN)
    elif kind in ("bind", "npipe") or is_path(source):
        if read_only := value(item.mapping.get("read_only"), around.env):
            read_only = "" if read_only.lower() == "false" else read_only
        yield from bind(name, source, item, around, is_read_only=bool(read_only))
    elif source:
        yield from _volume(name, source, around)


def _short(name: str, item: Node, around: Around) -> Found:
    text = value(item, around.env)
    if text is None:
        yield Fact(name, f"mounts {shown(item.text or '', 200)}", UNKNOWN)
        return
    source, *rest = split_volume(text)
    if rest and is_path(source):
        yield from bind(name, source, item, around, is_read_only="ro" in ",".join(rest[1:]).split(","))
    elif rest:
        yield from _volume(name, source, around)


def bind(name: str, source: str, node: Node, around: Around, *, is_read_only: bool, verb: str = "mounts") -> Found:
    """Yield what a path of the host that a service gets reaches, and its path in the repository where it is there."""
    inside = placed(source, node)
    if inside is None:
        if not (is_read_only and PUBLIC.match(posixpath.normpath(source))):
            yield Fact(name, f"{verb} {shown(source, 200)}{' read-only' if is_read_only else ''}", _why(source))
        return
    yield Named(name, inside)
    controls = CONTROL | set(around.files)
    if not is_read_only and any(inside in (".", path) or path.startswith(f"{inside}/") for path in controls):
        yield Fact(
            name,
            f"may write {'the whole directory of the service' if inside == '.' else shown(inside, 200)}",
            "what compose reads there decides what runs next",
        )


def placed(source: str, node: Node) -> str | None:
    """Return a path of the host as one of the service; None where it leads elsewhere, or might.

    What leads upwards counts as elsewhere from any folder: which one compose begins at depends on more than the file.
    """
    if source.startswith(("/", "~", "\\")) or re.match(r"[A-Za-z]:", source):
        return None
    if ".." in posixpath.normpath(source).split("/"):
        return None
    inside = posixpath.normpath(posixpath.join(posixpath.dirname(node.place.path), source))
    return None if inside.startswith("..") else inside


def _why(source: str) -> str:
    if posixpath.basename(source).endswith((".sock", "docker_engine")):
        return "whoever talks to the engine starts whatever they like, as root"
    return ELSEWHERE


def _volume(name: str, source: str, around: Around) -> Found:
    entry = around.entry("volumes", source)
    driver = value(entry.get("driver"), around.env)
    if driver is None or driver not in ("", "local"):
        said = UNKNOWN if driver is None else "a driver of volumes can make one of any directory of the host"
        yield Fact(name, f"mounts the volume {shown(source)}, which another driver makes", said)
        return
    options = entry["driver_opts"].mapping if "driver_opts" in entry else {}
    said_type, device, how = (value(options.get(key), around.env) for key in ("type", "device", "o"))
    if said_type is None or device is None or how is None:
        yield Fact(name, f"mounts the volume {shown(source)}, whose options are variables", UNKNOWN)
    elif (device and said_type.lower() not in SHARED_TYPES) or re.search(r"(?:^|,)\s*(?:r?bind|r?move|remount)\b", how):
        yield Fact(name, f"mounts the volume {shown(source)}, which is {shown(device, 200)} of the host", ELSEWHERE)


def files(name: str, node: Node, around: Around, section: str) -> Found:
    """Yield what the configs or secrets reach that a service is given: each may be a file of the host."""
    for item in node.items:
        source = value(item.mapping.get("source") if isinstance(item.value, dict) else item, around.env)
        entry = around.entry(section, source or "")
        if source is None:
            yield Fact(name, f"is given {section} by a variable", UNKNOWN)
        elif "file" in entry:
            yield from read(name, entry["file"], around, "is given")


def read(name: str, node: Node, around: Around, verb: str) -> Found:
    """Yield what a file reaches that compose reads on the host, and gives to a container."""
    path = resolved(node.text or "", around.env)
    if path is None:
        yield Fact(name, f"{verb} {shown(node.text or '', 200)}", UNKNOWN)
    elif path:
        yield from bind(name, path, node, around, is_read_only=True, verb=verb)
