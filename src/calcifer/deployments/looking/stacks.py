"""The only place that sorts containers into stacks, and says which commands belong to one; pure."""

import posixpath
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field

from calcifer.deployments.looking.seen import Container, Directory, Seen

USUAL = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""What compose takes by itself (compose-spec, 3; docker compose, `-f`)."""
OVERRIDES = tuple(name.replace(".y", ".override.y") for name in USUAL)


@dataclass
class Stack:
    """A compose project, or (with an empty name) the containers that belong to none."""

    name: str
    containers: list[Container] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def directory(self) -> str:
        """Where it was started, the first where there are many; empty where that is not known."""
        return self.directories[0] if self.directories else ""

    def compose(self, verb: str) -> str:
        """Return the command for it, as a person types it on the host."""
        words = ["docker", "compose"]
        if posixpath.basename(self.directory) != self.name:
            words += ["-p", self.name]
        inside = [posixpath.relpath(path, self.directory) if self.directory else path for path in self.files]
        if not set(inside) <= {*USUAL, *OVERRIDES}:
            words += [word for path in inside for word in ("-f", path)]
        command = f"{shlex.join(words)} {verb}"
        return f"cd {shlex.quote(self.directory)} && {command}" if self.directory else command


def sorted_into_stacks(containers: Iterable[Container]) -> list[Stack]:
    """Return the stacks by name; containers without one come last."""
    found: dict[str, Stack] = {}
    for one in containers:
        stack = found.setdefault(one.stack, Stack(one.stack))
        stack.containers.append(one)
        if one.directory and one.directory not in stack.directories:
            stack.directories.append(one.directory)
        for path in one.files.split(",") if one.files else ():
            if path not in stack.files:
                stack.files.append(path)
    for stack in found.values():
        stack.containers.sort(key=lambda one: (one.service, one.name))
    return sorted(found.values(), key=lambda stack: (not stack.name, stack.name))


def place_of(stack: Stack, seen: Seen) -> Directory | None:
    """Return what was seen of the directory that a stack was started in, or None where there is no word of it."""
    return seen.directories.get(stack.directory) if stack.directory else None
