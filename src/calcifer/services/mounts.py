"""The only place that says which directories and files a compose file mounts from beside it; pure but for reading the files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
OVERRIDES = (
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yaml",
    "docker-compose.override.yml",
)
LARGEST_BYTES = 4_000_000
_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*:?-([^}]*)\}")


@dataclass(frozen=True)
class Mount:
    """A path of this machine, as the compose file has it, that a container sees at `target`."""

    source: str
    target: str
    is_read_only: bool


class _Loader(yaml.CSafeLoader):
    """Takes every tag (`!reset`, `!override`) for what it stands on."""


def _any_tag(loader: _Loader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_Loader.add_multi_constructor("!", _any_tag)


def compose_file(folder: Path) -> str | None:
    """Return the name of the compose file at the top of `folder` that `docker compose` takes, or None."""
    return next((name for name in COMPOSE_FILES if (folder / name).is_file()), None)


def mounts(folder: Path, compose: str) -> list[Mount]:
    """Return what the compose file and its overrides mount; a file that cannot be read mounts nothing."""
    base = (folder / compose).parent
    found: list[Mount] = []
    for name in (Path(compose).name, *OVERRIDES):
        found += _mounts(_loaded(base / name))
    return found


def secret_files(folder: Path, compose: str) -> list[str]:
    """Return the files that the compose file declares as secrets, as it writes them."""
    declared = _loaded((folder / compose).parent / Path(compose).name).get("secrets")
    values = declared.values() if isinstance(declared, dict) else []
    return [str(value["file"]) for value in values if isinstance(value, dict) and value.get("file")]


def _loaded(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            return {}
        loaded = yaml.load(path.read_bytes(), _Loader)  # noqa: S506  (a SafeLoader that knows more tags)
    except (OSError, yaml.YAMLError, ValueError, RecursionError, TypeError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _mounts(compose: dict[str, Any]) -> Iterator[Mount]:
    services = compose.get("services")
    for service in services.values() if isinstance(services, dict) else []:
        volumes = service.get("volumes") if isinstance(service, dict) else None
        for volume in volumes if isinstance(volumes, list) else []:
            found = _mount(volume)
            if found:
                yield found


def _mount(volume: Any) -> Mount | None:
    if isinstance(volume, dict):
        if volume.get("type") != "bind" or not volume.get("source"):
            return None
        return Mount(_plain(str(volume["source"])), str(volume.get("target", "")), volume.get("read_only") is True)
    parts = _plain(str(volume)).split(":")
    if len(parts) < 2 or not parts[0].startswith((".", "/", "~")):  # anything else names a volume
        return None
    options = parts[2].split(",") if len(parts) > 2 else []
    return Mount(parts[0], parts[1], "ro" in options)


def _plain(text: str) -> str:
    return _VARIABLE.sub(r"\1", text)
