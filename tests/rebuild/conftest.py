"""What tests of rebuilding share: a rebuild of this test's workspace, and what its database says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calcifer.kit import aside
from calcifer.kit.db import Base
from calcifer.rebuild import service
from calcifer.rebuild.schemas import RebuiltOut
from calcifer.wiring import Wiring
from tests.owner import OWNER
from tests.rebuild.operations import tables
from tests.work import factories

Rebuild = Callable[[], RebuiltOut]
Said = Callable[[], dict[str, list[dict[str, Any]]]]


@pytest.fixture
def rebuild(wiring: Wiring) -> Rebuild:
    """Rebuild, as the owner."""
    return lambda: service.rebuild(wiring.settings, OWNER)


@pytest.fixture
def said(wiring: Wiring) -> Said:
    """What the database says now, table by table."""
    return lambda: tables(wiring.units.database)


@pytest.fixture
def web(wiring: Wiring) -> Path:
    """A service called web; the path of its repository."""
    return factories.service(wiring)


def delete(wiring: Wiring) -> None:
    """Delete the database, as somebody does who does not know what it is."""
    wiring.close()
    database = wiring.units.database
    if database.is_sqlite:
        aside.clean(Path(database.url.database or ""))
        return
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
        session.commit()
