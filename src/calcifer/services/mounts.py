"""The only place that says which directories and files a compose file mounts from beside it; pure but for reading the files."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from calcifer.services import compose
from calcifer.services.compose_merge import split_volume
from calcifer.services.marked_yaml import MAX_BYTES, Node

OVERRIDES = tuple(
    f"{stem}.override.{suffix}" for stem in ("compose", "docker-compose") for suffix in ("yaml", "yml")
)  # fmt: skip
_DEFAULT = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*:?-([^}]*)\}")
_HERE = re.compile(r"\$(?:PWD|\{PWD\})(?=[/:]|\Z)")


@dataclass(frozen=True)
class Mount:
    """A path of this machine, relative to the directory or absolute, that a container sees at `target`."""

    source: str
    target: str
    is_read_only: bool


def compose_file(folder: Path) -> str | None:
    """Return the name of the compose file at the top of `folder` that `docker compose` takes, or None."""
    return next((name for name in compose.NAMES if (folder / name).is_file()), None)


def mounts(folder: Path, name: str) -> list[Mount]:
    """Return what the compose file `name`, its overrides, and what they include or extend mount; a broken file mounts nothing.

    Each file counts for itself: data that an override mounts elsewhere lies there all the same.
    """
    return [mount for document in _documents(folder, name) for mount in _mounts(document)]


def secret_files(folder: Path, name: str) -> list[str]:
    """Return the files that the compose files declare as secrets, as they write them."""
    declared = [secret for document in _documents(folder, name) for secret in _entries(document, "secrets").values()]
    files = (secret.mapping["file"].text for secret in declared if "file" in secret.mapping)
    return [text for text in files if text]


def _documents(folder: Path, name: str) -> tuple[Node, ...]:
    """Read by the reader that no file can stop or bring down: what is adopted may be anybody's.

    What a file includes is read inside the directory alone, wherever links lead.
    """
    top = folder.resolve()
    own = {posixpath.join(posixpath.dirname(name), over) for over in OVERRIDES} | {name}

    def read(path: str) -> bytes | None:
        try:
            if not (folder / path).is_file() or not (path in own or (folder / path).resolve().is_relative_to(top)):
                return None
            with (folder / path).open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except (OSError, RuntimeError):  # a link that leads to itself
            return None

    return compose.load_files(read, [name, *sorted(path for path in own - {name} if read(path))]).documents


def _mounts(document: Node) -> Iterator[Mount]:
    for service in _entries(document, "services").values():
        for volume in service.mapping["volumes"].items if "volumes" in service.mapping else ():
            found = _bind(volume) if volume.mapping else _short(volume)
            if found:
                yield found


def _entries(document: Node, section: str) -> dict[str, Node]:
    found = document.mapping.get(section)
    return found.mapping if found else {}


def _bind(volume: Node) -> Mount | None:
    part = {key: node.text or "" for key, node in volume.mapping.items()}
    if part.get("type") != "bind" or not part.get("source"):
        return None
    return Mount(_placed(_known(part["source"]), volume), part.get("target", ""), part.get("read_only") == "true")


def _short(volume: Node) -> Mount | None:
    source, *rest = split_volume(_known(volume.text or ""))
    if not rest or not source.startswith((".", "/", "~")):  # a volume that the engine keeps
        return None
    return Mount(_placed(source, volume), rest[0], "ro" in ",".join(rest[1:]).split(","))


def _placed(source: str, volume: Node) -> str:
    """Return a path as seen from the adopted directory: compose takes it from that of the file in which it stands."""
    beside = posixpath.dirname(volume.place.path)
    return source if not beside or source.startswith(("/", "~")) else posixpath.join(beside, source)


def _known(text: str) -> str:
    """Put in what a variable stands for where nothing sets it."""
    return _HERE.sub(".", _DEFAULT.sub(r"\1", text))
