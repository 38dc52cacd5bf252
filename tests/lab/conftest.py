"""One lab for the tests of a session; without root or a program they fail, and say what is missing."""

from collections.abc import Iterator

import pytest

from tests.lab import machines
from tests.lab.machines import Lab


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A switch without hosts."""
    if lacking := machines.missing():
        pytest.fail(lacking)
    made = Lab()
    try:
        yield made
    finally:
        made.close()
