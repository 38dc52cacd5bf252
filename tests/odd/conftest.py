"""What tests of odd repositories share: the change loop on a repository of the workspace."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from tests.conftest import TEST_DATABASE
from tests.odd.loop import Loop

# What a database has to bear of a repository is in test_names.py; the rest is between Calcifer and git, and is tested once.
collect_ignore_glob = ["test_[!n]*.py"] if TEST_DATABASE else []

Around = Callable[[Path], Loop]


@pytest.fixture
def around(wiring: Wiring, client: TestClient) -> Around:
    """Make the loop for the repository at a path: `around(path).run()`."""
    return lambda path: Loop(wiring, client, path)
