"""The only place that knows which facts of a service are derived from its compose files, and when they have changed."""

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from calcifer.services import compose
from calcifer.services.compose import Project
from calcifer.services.compose_check import problems
from calcifer.services.compose_merge import names, split_volume
from calcifer.services.marked_yaml import Node, Problem, shown

__all__ = [
    "NONE",
    "Container",
    "Difference",
    "Facts",
    "Problem",
    "broken_file",
    "changed",
    "differences",
    "problems",
    "read_facts",
]

Read = Callable[[str], bytes | None]
MOST = 500
"""More services than this, or entries of one, are not listed."""


@dataclass(frozen=True)
class Container:
    """One service of a compose file; each entry is written in compose's short form, variables as they are."""

    image: str | None = None
    build: str | None = None
    """The directory or address that the image is built from."""
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    healthcheck: str | None = None

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "Container":
        """Return what `as_json` of the facts stored."""
        known: dict[str, Any] = {
            item.name: tuple(stored[item.name]) if isinstance(stored[item.name], list) else stored[item.name]
            for item in fields(cls)
            if item.name in stored
        }
        return cls(**known)


@dataclass(frozen=True)
class Facts:
    """What the compose files say: containers by their name in the files, and what these share."""

    files: tuple[str, ...] = ()
    containers: Mapping[str, Container] = field(default_factory=dict)
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    error: str | None = None
    """The first thing that could not be read, with file, line and column; the facts are what could be."""

    def as_json(self) -> dict[str, Any]:
        """Return what can be stored: lists, texts and mappings."""
        return {
            "files": list(self.files),
            "containers": {name: _listed(asdict(container)) for name, container in self.containers.items()},
            "networks": list(self.networks),
            "volumes": list(self.volumes),
            "error": self.error,
        }

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "Facts":
        """Return what `as_json` stored; what is missing there is empty."""
        containers = {name: Container.of_json(entry) for name, entry in stored.get("containers", {}).items()}
        files, networks, volumes = (tuple(stored.get(key, ())) for key in ("files", "networks", "volumes"))
        return cls(files, containers, networks, volumes, stored.get("error"))


NONE = Facts()


def broken_file(stored: Mapping[str, Any]) -> str | None:
    """Return the file that the `error` of stored facts is about."""
    error = stored.get("error")
    return str(error).partition(", line ")[0] if error else None


@dataclass(frozen=True)
class Difference:
    """What changed in one category: entries that went and entries that came; `container` is None for what all share."""

    category: str
    container: str | None
    gone: tuple[str, ...]
    new: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in one line: "ports of web: 8080:80 → 8081:80"."""
        what = f"{self.category} of {self.container}" if self.container else self.category
        return f"{what}: {', '.join(self.gone) or 'none'} → {', '.join(self.new) or 'none'}"


def changed(old: Facts, new: Facts) -> list[str]:
    """Return a line for each category that differs; the order of entries does not count."""
    return [str(difference) for difference in differences(old, new)]


def differences(old: Facts, new: Facts) -> list[Difference]:
    """Return what differs, by category: containers first, then what each of them has, then what they share."""
    found = [_difference("containers", None, old.containers, new.containers)]
    for name in dict.fromkeys([*old.containers, *new.containers]):
        before, after = old.containers.get(name, Container()), new.containers.get(name, Container())
        found += [
            _difference(item.name, name, _several(getattr(before, item.name)), _several(getattr(after, item.name)))
            for item in fields(Container)
        ]
    found.append(_difference("networks", None, old.networks, new.networks))
    found.append(_difference("volumes", None, old.volumes, new.volumes))
    return [difference for difference in found if difference.gone or difference.new]


def read_facts(read: Read) -> Facts:
    """Read the facts by `read`, which gives a file of the repository or None; whatever the files hold, this returns."""
    project = compose.load(read)
    if project is None:
        return NONE
    own = list(project.section("services").items())[:MOST]
    return Facts(
        project.files,
        {shown(name, 100): _container(node) for name, node in own},
        _texts(project.section("networks")),
        _texts(project.section("volumes")),
        _error(project),
    )


def _error(project: Project) -> str | None:
    return shown(str(project.problems[0]), 500) if project.problems else None


def _container(node: Node) -> Container:
    entries = node.mapping
    return Container(
        image=_text(entries.get("image")),
        build=_build(entries.get("build")),
        ports=_texts(map(_port, _items(entries, "ports"))),
        volumes=_texts(map(_volume, _items(entries, "volumes"))),
        networks=_networks(entries),
        depends_on=_texts(names(entries["depends_on"])) if "depends_on" in entries else (),
        healthcheck=_healthcheck(entries.get("healthcheck")),
    )


def _items(entries: dict[str, Node], key: str) -> tuple[Node, ...]:
    return entries[key].items if key in entries else ()


def _text(node: Node | None) -> str | None:
    return None if node is None or node.text is None else shown(node.text, MOST)


def _texts(found: Iterable[str | None]) -> tuple[str, ...]:
    texts = (shown(text, MOST) for text in found if text)
    return tuple(list(dict.fromkeys(texts))[:MOST])


def _build(node: Node | None) -> str | None:
    if node is None:
        return None
    context = node.mapping.get("context") if isinstance(node.value, dict) else node
    return shown(_placed(context.text or ".", context), MOST) if context else "."


def _port(node: Node) -> str | None:
    if not isinstance(node.value, dict):
        return (node.text or "").removesuffix("/tcp")
    part = {key: inner.text or "" for key, inner in node.value.items()}
    address = f"[{host}]" if ":" in (host := part.get("host_ip", "")) else host
    published = part.get("published") or ("" if address else None)
    front = [text for text in (address or None, published) if text is not None]
    protocol = part.get("protocol", "tcp")
    return ":".join([*front, part.get("target", "")]) + ("" if protocol == "tcp" else f"/{protocol}")


def _volume(node: Node) -> str | None:
    if not isinstance(node.value, dict):
        source, *rest = split_volume(node.text or "")
        return ":".join([_placed(source, node), *rest]) if rest else source
    part = {key: inner.text or "" for key, inner in node.value.items()}
    source = _placed(part.get("source", ""), node)
    mode = "ro" if part.get("read_only") == "true" else ""
    return ":".join(text for text in (source, part.get("target", ""), mode) if text)


def _placed(source: str, node: Node) -> str:
    """Return a relative path as seen from the repository: compose takes it from the directory of the file it stands in."""
    folder = posixpath.dirname(node.place.path)
    if not folder or not (source in {".", ".."} or source.startswith(("./", "../"))):
        return source
    path = posixpath.normpath(posixpath.join(folder, source))
    return path if path.startswith("..") else f"./{path}"


def _networks(entries: dict[str, Node]) -> tuple[str, ...]:
    mode = _text(entries.get("network_mode"))
    if mode:
        return (f"network_mode: {mode}",)
    return _texts(names(entries["networks"])) if "networks" in entries else ()


def _healthcheck(node: Node | None) -> str | None:
    if node is None:
        return None
    disabled, test = node.mapping.get("disable"), node.mapping.get("test")
    words = [item.text or "" for item in test.items] if test and test.items else [(test.text if test else "") or ""]
    if (disabled and disabled.value is True) or words == ["NONE"]:
        return "disabled"
    command = " ".join(words[1:] if words[0] in {"CMD", "CMD-SHELL"} else words)
    return shown(command, MOST) or None


def _listed(stored: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in stored.items()}


def _several(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()


def _difference(category: str, container: str | None, old: Iterable[str], new: Iterable[str]) -> Difference:
    before, after = tuple(old), tuple(new)
    gone = tuple(text for text in before if text not in set(after))
    return Difference(category, container, gone, tuple(text for text in after if text not in set(before)))
