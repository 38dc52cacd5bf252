"""What tests of work share: a service, and how an item is read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work.models import Item
from tests.owner import OWNER
from tests.work import factories


@pytest.fixture
def web(wiring: Wiring) -> Path:
    """A service called web; the path of its repository."""
    return factories.service(wiring)


Find = Callable[[int], Item]


@pytest.fixture
def find(wiring: Wiring) -> Find:
    """Read an item with its checklist and waivers from the database."""

    def read(number: int) -> Item:
        with wiring.units.read(OWNER) as uow:
            return queries.get_item(uow.db, number)

    return read
