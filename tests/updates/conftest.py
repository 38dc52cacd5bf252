"""A registry with an image, and services that use it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from calcifer.kit.promises import JobRow
from calcifer.updates import service
from calcifer.updates.schemas import UpdateOut
from calcifer.wiring import Wiring
from tests.owner import OWNER
from tests.registry import Registry, serving
from tests.work import factories

Check = Callable[..., JobRow]
Outs = Callable[..., dict[str, UpdateOut]]
Serve = Callable[..., Path]


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry on loopback."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with serving() as made:
        made.push("nginx", "1.25.3", "1.25.5", "1.27.0", "2.0.0", "latest")
        yield made


@pytest.fixture
def serve(wiring: Wiring, registry: Registry) -> Serve:
    """Make a service that uses an image: `serve("web", "nginx:1.25.3", "allow: patch")`."""

    def make(
        name: str = "web", image: str = "nginx:1.25.3", rule: str = "", more: str = "", readme: str = "# Web\n"
    ) -> Path:
        compose = f"# The proxy.\nservices:\n  web:\n    image: {registry.name}/{image} # pinned\n{more}"
        files = {"docker-compose.yml": compose, "README.md": readme}
        if rule:
            files[".calcifer/service.yaml"] = f"title: Web\nupdates:\n  - image: '*/nginx'\n    {rule}\n"
        return factories.service(wiring, name, files)

    return make


@pytest.fixture
def check(wiring: Wiring) -> Check:
    """Ask, wait, and return how that ended."""

    def run(name: str | None = None) -> JobRow:
        with wiring.units.write(OWNER) as uow:
            row = service.check(uow, name)
        return wiring.jobs.wait(row.id)

    return run


@pytest.fixture
def outs(wiring: Wiring) -> Outs:
    """What is listed, by image without its registry."""

    def run(name: str | None = None, *, everything: bool = True) -> dict[str, UpdateOut]:
        with wiring.units.read(OWNER) as uow:
            found = service.outs(uow, name, everything=everything)
        return {f"{one.service}/{one.image.partition('/')[2] or one.image}": one for one in found}

    return run
