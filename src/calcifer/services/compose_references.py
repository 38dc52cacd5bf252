"""The only place that says whether what a compose project names is there, beyond what its schema can say."""

import re
from collections.abc import Iterator
from itertools import islice

from calcifer.services.compose import Project
from calcifer.services.compose_merge import names, split_volume
from calcifer.services.marked_yaml import Node, Problem, shown

_IMPLICIT = {"networks": {"default"}}
_KINDS = {"services": "service", "networks": "network", "volumes": "volume", "configs": "config", "secrets": "secret"}
_PORT = re.compile(
    r"(?:(?:\[[0-9a-fA-F:.%]+\]|\d{1,3}(?:\.\d{1,3}){3}):)?(?:(?P<published>\d{1,5}(?:-\d{1,5})?)?:)?"
    r"(?P<target>\d{1,5}(?:-\d{1,5})?)(?:/(?:tcp|udp|sctp))?\Z"
)
Named = Iterator[tuple[str, str, Node]]


def references(project: Project) -> Iterator[Problem]:
    """Yield what is named and not there, services that cannot run, ports that are none, circles of depends_on."""
    services = project.section("services")
    if not services and project.complete and not project.problems:
        yield project.model.problem("There is no service in this project.")
    for name, node in services.items():
        yield from _alone(name, node, complete=project.complete)
        for section, named, place in _named(node):
            there = project.section(section).keys() | _IMPLICIT.get(section, set())
            if project.complete and named and "$" not in named and named not in there:
                what = (
                    f"'{shown(name)}' names the {_KINDS.get(section, section)} '{shown(named)}', which is not defined."
                )
                yield place.problem(what)
    yield from islice(_circles(services), 5)


def _alone(name: str, node: Node, *, complete: bool) -> Iterator[Problem]:
    entries = node.mapping
    if complete and not entries.keys() & {"image", "build", "provider"}:
        yield node.problem(f"'{shown(name)}' has neither an image nor a build.")
    if "network_mode" in entries and names(entries["networks"] if "networks" in entries else Node(None, node.place)):
        yield entries["network_mode"].problem(f"'{shown(name)}' has both network_mode and networks: only one can be.")
    for port in entries["ports"].items if "ports" in entries else ():
        text = port.text
        if text is not None and "$" not in text and not is_port(text):
            yield port.problem(f"'{shown(text)}' is no port: write [ADDRESS:][PUBLISHED:]TARGET[/tcp|udp].")


def is_port(text: str) -> bool:
    """Say whether this is compose's short form of a port."""
    match = _PORT.match(text)
    if not match or len(text) > 100:
        return False
    ranges = [[int(part) for part in found.split("-")] for found in match.group("published", "target") if found]
    return all(0 <= low <= high <= 65535 for low, high in ((ends[0], ends[-1]) for ends in ranges))


def _named(node: Node) -> Named:
    entries = node.mapping
    for key, section in (("depends_on", "services"), ("networks", "networks"), ("models", "models")):
        if key in entries:
            yield from ((section, name, inner) for name, inner in names(entries[key]).items())
    for key, section in (("links", "services"), ("volumes_from", "services")):
        for item in entries[key].items if key in entries else ():
            name = (item.text or "").partition(":")[0]
            yield section, "" if name == "container" else name, item
    for key in ("network_mode", "ipc", "pid"):
        kind, _, name = (entries[key].text or "").partition(":") if key in entries else ("", "", "")
        if kind == "service":
            yield "services", name, entries[key]
    yield from _sources(entries, ("configs", "secrets"))
    if "build" in entries:
        yield from _sources(entries["build"].mapping, ("secrets",))
    yield from _volumes(entries)


def _sources(entries: dict[str, Node], keys: tuple[str, ...]) -> Named:
    for key in keys:
        for item in entries[key].items if key in entries else ():
            source = item.mapping.get("source") if isinstance(item.value, dict) else item
            if source is not None:
                yield key, source.text or "", source


def _volumes(entries: dict[str, Node]) -> Named:
    for item in entries["volumes"].items if "volumes" in entries else ():
        if isinstance(item.value, dict):
            kind, source = item.mapping.get("type"), item.mapping.get("source")
            if kind and kind.text == "volume" and source:
                yield "volumes", source.text or "", source
            continue
        source_text, *target = split_volume(item.text or "")
        if target and not is_path(source_text):
            yield "volumes", source_text, item


def is_path(source: str) -> bool:
    """Say whether the source of a mount is a path, and not the name of a volume."""
    return source.startswith((".", "/", "~", "\\")) or re.match(r"[A-Za-z]:", source) is not None


def _circles(services: dict[str, Node]) -> Iterator[Problem]:
    """Yield a problem for each depends_on that closes a circle; a walk in depth, without recursion."""
    after = {name: _following(node, services) for name, node in services.items()}
    seen: set[str] = set()
    for start in services:
        path: dict[str, Iterator[str]] = {} if start in seen else {start: iter(after[start])}
        seen.add(start)
        while path:
            name = next(reversed(path))
            other = next(path[name], None)
            if other is None:
                del path[name]
            elif other in path:
                steps = list(path)
                circle = " → ".join(shown(step) for step in [*steps[steps.index(other) :], other][:10])
                yield services[name].mapping["depends_on"].problem(f"depends_on leads in a circle: {circle}.")
            elif other not in seen:
                seen.add(other)
                path[other] = iter(after[other])


def _following(node: Node, services: dict[str, Node]) -> list[str]:
    return (
        [name for name in names(node.mapping["depends_on"]) if name in services] if "depends_on" in node.mapping else []
    )
