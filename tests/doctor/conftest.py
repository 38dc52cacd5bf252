"""What tests of the doctor share: a healthy workspace, and what the doctor says of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.doctor import examination
from calcifer.doctor.examination import Examination
from calcifer.kit.diagnosis import Ward
from calcifer.wiring import Wiring
from calcifer.work import service as work
from tests.conftest import TEST_DATABASE
from tests.owner import OWNER
from tests.work import factories

collect_ignore_glob = ["test_speed.py"] if TEST_DATABASE else []  # once is enough


@pytest.fixture
def ward(wiring: Wiring) -> Ward:
    """The workspace as checks see it."""
    return Ward(wiring.settings.home, wiring.settings.var, wiring.units, OWNER)


@pytest.fixture
def healthy(wiring: Wiring) -> dict[str, int]:
    """A workspace in which everything has happened that may: items in every state, a worktree, a kept one."""
    factories.service(wiring)
    factories.service(wiring, "other")
    numbers = {
        "completed": factories.completed(wiring),
        "open": factories.ready(wiring, title="Open", content="services: {web: {image: caddy}}\n"),
        "parent": factories.opened(wiring, title="Parent", is_parent=True),
        "dropped": factories.ready(wiring, "other", "Dropped"),
    }
    with wiring.units.write(OWNER) as uow:
        work.checkout(uow, numbers["open"], wiring.settings.var / "worktrees")
        work.drop(uow, numbers["dropped"])
    return numbers


Said = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def said(ward: Ward) -> Said:
    """Examine, and return check and sentence of each finding."""
    return lambda: told(examination.examine(ward))


@pytest.fixture
def mended(ward: Ward) -> Callable[[], Examination]:
    """Mend what is safe."""
    return lambda: examination.mend(ward)


def told(made: Examination) -> list[tuple[str, str]]:
    """Return check and sentence of each finding that is a fault."""
    return [(one.check.name, one.finding.sentence) for one in made.found if one.finding.is_fault]


@pytest.fixture
def web(wiring: Wiring, healthy: dict[str, int]) -> Path:
    """The repository of the first service of the healthy workspace."""
    return wiring.settings.home / "web"
