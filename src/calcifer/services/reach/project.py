"""Judges a whole project: what its services reach, what of it is not in the repository, what runs in those that reach the host."""

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from calcifer.services import compose
from calcifer.services.compose import Project
from calcifer.services.marked_yaml import Node, shown
from calcifer.services.reach.containers import INSIDE, judged
from calcifer.services.reach.paths import Around
from calcifer.services.reach.told import Fact, Named
from calcifer.services.reach.variables import read_env, resolved

Read = Callable[[str], bytes | None]
PROJECT = "the project"
ENV = ".env"
_STEERS = re.compile(r"(?:COMPOSE_(?!PROJECT_NAME\Z|PROFILES\Z|REMOVE_ORPHANS\Z)|DOCKER_|BUILDKIT_|BUILDX_)\w+\Z")
_TAG = re.compile(r"(?::[^/:@]*)?(?:@[^/]*)?\Z")
_DOCUMENT = re.compile(r"(?:---|\.\.\.)(?:\s|\Z)")


@dataclass(frozen=True)
class Reach:
    """What compose files reach; `unread` says what could not be read, `runs` what runs in the services that reach something.

    `named` are paths of the repository that services are given, `inputs` those whose content is a part of what reaches the host.
    """

    facts: tuple[Fact, ...] = ()
    unread: tuple[str, ...] = ()
    named: tuple[Named, ...] = ()
    runs: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[str, ...] = ()


def read_reach(read: Read) -> Reach:
    """Read by `read`, which gives a file of the service or None; whatever the files hold, this returns."""
    project = compose.load(read)
    if project is None:
        return Reach()
    env = read_env(read(ENV))
    sections = {name: project.section(name) for name in compose.SECTIONS}
    around = Around(env, sections, project.files)
    found = [one for name, node in sections["services"].items() for one in judged(name, node, around)]
    facts = {*_elsewhere(project, env), *(one for one in found if isinstance(one, Fact))}
    named = {one for one in found if isinstance(one, Named)}
    unread = [str(problem) for problem in project.problems]
    several = (path for path in project.files if _several(read(path)))
    unread += [f"{path} has several documents, which compose puts together." for path in several]
    runs = {shown(name, 100): _runs(node, env) for name, node in sections["services"].items()}
    given: dict[str, set[str]] = {name: {ENV} for name in runs}
    for one in named:
        given[one.subject].add(one.path)
    inputs = {name: tuple(sorted(paths)) for name, paths in given.items()}
    asked = _asked(read, project)
    return Reach(tuple(sorted(facts)), tuple(unread), tuple(sorted(named)), runs, inputs, asked)


def _asked(read: Read, project: Project) -> tuple[str, ...]:
    """Return every file that the project is made of, those that cannot be read included."""
    return tuple(sorted({*project.files, *compose.find(read), *(problem.path for problem in project.problems)}))


def _several(content: bytes | None) -> bool:
    """Whether a file has more than one YAML document: compose merges them, and only the first was looked at."""
    begun = ended = False
    for line in (content or b"").decode("utf-8", "replace").lstrip("\ufeff").splitlines():
        is_mark, is_content = (
            bool(_DOCUMENT.match(line)),
            bool(line.strip()) and not line.lstrip().startswith(("#", "%")),
        )
        if is_mark and line.startswith("..."):
            ended = True
        elif is_mark or is_content:
            if ended or (is_mark and begun):
                return True
            begun = True
    return False


def _elsewhere(project: Project, env: Mapping[str, str]) -> Iterator[Fact]:
    """Yield what decides on the project and is not in the files that were read."""
    for name in sorted(env):
        if _STEERS.match(name):
            yield Fact(PROJECT, f"sets {name} in {ENV}", "compose takes other files or another engine by it")
    for path in project.files:
        if path.startswith(".."):
            yield Fact(PROJECT, f"takes in {shown(path, 200)}", "on a host that is not the service's")
    for key in sorted(project.model.mapping.keys() - {*compose.SECTIONS, "name", "version", "include"}):
        if not key.startswith("x-"):
            yield Fact(PROJECT, f"has '{shown(key)}'", "what that does is not known here")
    for document in project.documents:
        include = document.mapping.get("include")
        for item in include.items if include else ():
            yield from _included(item)
        services = document.mapping.get("services")
        for node in services.mapping.values() if services else ():
            extends = node.mapping.get("extends")
            yield from _not_here(
                extends.mapping.values() if extends and extends.mapping else (extends,) if extends else ()
            )


def _included(item: Node) -> Iterator[Fact]:
    path = item.mapping.get("path") if isinstance(item.value, dict) else item
    yield from _not_here((path.items or (path,)) if path else ())
    for key in ("project_directory", "env_file"):
        if key in item.mapping:
            said = shown(str(item.mapping[key].plain()), 200)
            yield Fact(
                PROJECT, f"includes files with {key}: {said}", "their paths and variables mean something else then"
            )


def _not_here(nodes: Iterable[Node]) -> Iterator[Fact]:
    for node in nodes:
        text = node.text or ""
        if "$" in text or "://" in text or text.startswith(("git@", "oci:")):
            yield Fact(PROJECT, f"takes in {shown(text, 200)}", "that is not in the repository, and may be anything")


def _runs(node: Node, env: Mapping[str, str]) -> str:
    """Return all that says what runs in a container, in one form: of the image its name, for tags move."""
    entries: dict[str, Any] = {key: inner.plain() for key, inner in node.mapping.items() if key not in INSIDE}
    if isinstance(entries.get("image"), str):
        entries["image"] = image_name(resolved(entries["image"], env) or entries["image"])
    return json.dumps(entries, sort_keys=True, default=str)


def image_name(reference: str) -> str:
    """Return the name of an image without tag and digest."""
    folder, name = posixpath.split(reference)
    return posixpath.join(folder, _TAG.sub("", name.partition("@")[0]))
