"""One lab for the tests of a session; without root or a program the tests are skipped, which is a failure in CI."""

from collections.abc import Iterator

import pytest

from tests.lab import machines
from tests.lab.machines import Lab


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A switch without hosts."""
    if lacking := machines.missing():
        pytest.skip(lacking)
    made = Lab()
    try:
        yield made
    finally:
        made.close()
