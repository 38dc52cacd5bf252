"""What tests of services that are folders share: a repository with three of them, and files that belong to none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.kit.uow import Actor
from calcifer.services.planning import Wish
from calcifer.services.service import adoption
from calcifer.services.service.adoption import Report
from calcifer.wiring import Wiring
from calcifer.work import service as work
from tests.conftest import Git
from tests.owner import OWNER
from tests.services.samples import stack
from tests.work import factories

NAMES = ("db", "media", "web")
COMPOSE = "services:\n  {0}:\n    image: {0}:1.25\n    ports:\n      - 8080:80\n    env_file: ../common.env.example\n"
Adopting = Callable[..., Report]


def compose(name: str, tag: str = "1.25") -> str:
    """The compose file of a folder."""
    return COMPOSE.format(name).replace("1.25", tag)


@pytest.fixture
def repository(home: Path, git: Git) -> Path:
    """A repository in the workspace with three stacks, a folder that is none, and shared files."""
    path = stack(home / "stacks", {"README.md": "# Stacks\n", "common.env.example": "TZ=UTC\n"}, compose=None)
    for name in NAMES:
        stack(path / name, {"README.md": f"# The {name}\n\nWhat {name} is for.\n", "docs/use.md": "# Use\n"}, None)
        (path / name / "compose.yaml").write_text(compose(name))
    stack(path / "scripts", {"run.sh": "#!/bin/sh\n"}, compose=None)
    (path / "scripts" / "run.sh").chmod(0o755)
    git(path, "init", "-q", "-b", "main")
    git(path, "add", "-A")
    git(path, "commit", "-qm", "Begin")
    return path


@pytest.fixture
def adopt(wiring: Wiring, home: Path, actor: Actor) -> Adopting:
    """Adopt where it is: `adopt(path, only=…)`."""

    def run(
        *sources: Path,
        only: tuple[str, ...] = (),
        directories: bool | None = True,
        in_place: bool = True,
        rest: bool = False,
        name: str | None = None,
    ) -> Report:
        chosen = frozenset(only) if only else None
        wish = Wish(tuple(map(str, sources)), directories, in_place, name, chosen, rest)
        return adoption.carry_out(wiring.units, actor, home, wish)

    return run


@pytest.fixture
def stacks(repository: Path, adopt: Adopting) -> Path:
    """That repository, with each stack a service, and without a service for what is left."""
    assert adopt(repository, only=NAMES).adopted == list(NAMES)
    return repository


def ready(wiring: Wiring, name: str, title: str = "Pin it", tag: str = "1.27", **more: str) -> int:
    """Open an item that only waits for its completion: another image, and further files by their paths."""
    number = factories.opened(wiring, name, title)
    files = {f"{name}/compose.yaml": compose(name, tag)} | more
    for path, content in files.items():
        factories.committed(wiring, number, content, path=path)
    factories.finished(wiring, number)
    return number


def completed(wiring: Wiring, name: str, title: str = "Pin it", tag: str = "1.27", **more: str) -> int:
    """Complete an item and return its number."""
    number = ready(wiring, name, title, tag, **more)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    return number
