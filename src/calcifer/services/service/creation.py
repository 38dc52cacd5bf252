"""Makes a service from nothing: a repository with what every service has, so that the first change can begin at once."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.git import founding
from calcifer.kit.uow import Actor, Units
from calcifer.services import descriptors, queries
from calcifer.services.compose_check import malformed
from calcifer.services.copying import put_in_place, write_file
from calcifer.services.naming import checked_name
from calcifer.services.service.adoption import Mark
from calcifer.services.service.building import building
from calcifer.services.service.reading import NameTaken, register

LARGEST_COMPOSE_BYTES = 1_000_000
# File of the blueprint → where it goes in the repository.
PLACES = {
    "README.md": "README.md",
    "CHANGES.md": "CHANGES.md",
    "docs/index.md": "docs/index.md",
    "docker-compose.yml": "docker-compose.yml",
    "gitignore": ".gitignore",
}
COMPOSE = "docker-compose.yml"


class DirectoryThere(Conflict):
    """Something is in the workspace under this name already."""


@dataclass(frozen=True)
class Making:
    """What a new service is to be: its name, its title where that is another, its compose file where one is given."""

    name: str
    title: str = ""
    compose: bytes | None = None

    @classmethod
    def of(cls, name: str, title: str, text: str | None) -> "Making":
        """Make it from what a form or a program gave; text ends with a line feed."""
        return cls(name, title, text.rstrip("\n").encode() + b"\n" if text else None)


def new(units: Units, actor: Actor, home: Path, making: Making, *, mark: Mark = lambda _: None) -> str:
    """Make the repository aside, put it into place, register it; returns the name.

    It takes units and not a unit: git runs in between, and nothing is locked meanwhile.
    """
    permissions.require(actor, "services.new")
    target = home / _checked(making).name
    with units.read(actor) as uow:
        other = queries.find_service(uow.db, making.name)
    if other is not None:
        raise NameTaken(f"There is a service '{making.name}' already, at {other.path}.", mend="Take another name.")
    if target.exists():
        raise DirectoryThere(
            f"There is something in the workspace at {target} already.",
            mend=f"Take another name, or make a service of what is there: calcifer adopt {target}",
        )
    with building(home / "var") as folder:
        made = folder / making.name
        founding.init(made)
        for path, content in _files(making).items():
            write_file(made / path, content)
        founding.commit_all(made / ".git", made, actor.person, units.clock(), f"Begin {making.name}\n")
        mark("made")
        put_in_place(made, target)
    mark("in place")
    with units.write(actor) as uow:
        register(uow, target, name=making.name)
        activity.record(uow, "services.new", making.name, service=making.name)
    mark("registered")
    return making.name


def _checked(making: Making) -> Making:
    checked_name(making.name)
    if making.compose is not None and len(making.compose) > LARGEST_COMPOSE_BYTES:
        raise Invalid.field("compose", "A compose file has at most 1 MB.")
    if making.compose is not None and b"\0" in making.compose:
        raise Invalid.field("compose", "A compose file is text.")
    wrong = malformed(making.compose, COMPOSE) if making.compose is not None else []
    if wrong:
        _, line, column, sentence = wrong[0]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise Invalid.field("compose", f"This is no compose file. Line {line}, column {column}: {sentence}{more}")
    return making


def _files(making: Making) -> dict[str, bytes]:
    title = making.title or making.name
    blueprint = files("calcifer.services") / "blueprints"
    words = {"{name}": making.name, "{title}": title}
    found = {descriptors.PATH: descriptors.new_text(title).encode()}
    for source, place in PLACES.items():
        text = (blueprint / source).read_text("utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        found[place] = text.encode()
    if making.compose is not None:
        found[COMPOSE] = making.compose
    return found
