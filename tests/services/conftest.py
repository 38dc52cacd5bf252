"""The layout that is converted, and the conversion of it."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.kit.uow import Actor
from calcifer.services.layouts.wishes import Wish
from calcifer.services.service import conversion
from calcifer.services.service.conversion import Report
from tests.services.layouts import NOW, Convert, layout


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layout, made once."""
    return layout(tmp_path_factory.mktemp("pattern") / "calcifer")


@pytest.fixture
def root(pattern: Path, tmp_path: Path) -> Path:
    """The layout."""
    place = tmp_path / "place"
    place.mkdir()
    subprocess.run(["cp", "-a", str(pattern), str(place)], check=True)
    return place / pattern.name


@pytest.fixture
def convert(root: Path, actor: Actor) -> Convert:
    """Convert it: `convert(verify="make test")`."""

    def run(mark: Callable[[str], object] = lambda _: None, **wish: str | None) -> Report:
        return conversion.convert(Wish(root, **wish), actor.person, NOW, mark=mark)  # type: ignore[arg-type]

    return run
