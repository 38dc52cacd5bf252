"""What tests of odd repositories share: the change loop on a repository of the workspace."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from tests.odd.loop import Loop

Around = Callable[[Path], Loop]


@pytest.fixture
def around(wiring: Wiring, client: TestClient) -> Around:
    """Make the loop for the repository at a path: `around(path).run()`."""
    return lambda path: Loop(wiring, client, path)
