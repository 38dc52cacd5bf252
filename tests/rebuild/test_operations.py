"""After anything that people can do: the database that is made anew says what the deleted one said, table by table."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calcifer import config
from calcifer.rebuild import service
from calcifer.wiring import Wiring, wire
from tests.owner import OWNER
from tests.rebuild.operations import OPERATIONS, World, tables

Begin = Callable[[], Wiring]
LATER = ("commit", "edit", "complete", "complete", "change")  # most of what is opened comes to something
steps = st.tuples(st.sampled_from((*OPERATIONS, *LATER)), st.integers(0, 2**16), st.integers(0, 2**16))


@pytest.fixture
def begin(tmp_path_factory: pytest.TempPathFactory, filled: Path) -> Iterator[Begin]:
    """Make a workspace with an owner and nothing else."""
    made: list[Wiring] = []

    def begun() -> Wiring:
        home = tmp_path_factory.mktemp("rebuilt") / "calcifer"
        (home / "var").mkdir(parents=True)
        shutil.copy(filled, home / "var" / "calcifer.sqlite")
        made.append(wire(config.read({"CALCIFER_HOME": str(home)})))
        return made[-1]

    yield begun
    for wiring in made:
        wiring.close()


def rebuilt_is_the_same(wiring: Wiring, done: list[tuple[str, int, int]]) -> World:
    """Do it all, compare before and after."""
    world = World(wiring)
    for step in done:
        world.act(*step)
    world.settle()
    before = tables(wiring.units.database)
    wiring.close()
    for path in wiring.settings.var.glob("calcifer.sqlite*"):
        path.unlink()
    report = service.rebuild(wiring.settings, OWNER)
    assert report.unread == []
    after = tables(wiring.units.database)
    for name, rows in before.items():
        assert differing(rows, after[name]) == [], name
    return world


def differing(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[object]:
    """What is not the same, so that a failure can be read: rows, or of rows that belong together what differs in them."""
    if len(before) != len(after):
        return [row for row in (*before, *after) if (row in before) != (row in after)]
    pairs = zip(before, after, strict=True)
    return [
        {name: (old[name], new[name]) for name in old if old[name] != new[name]} | {"of": next(iter(old.items()))}
        for old, new in pairs
        if old != new
    ]


slow = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=False)


@pytest.mark.slow
@given(done=st.lists(steps, min_size=200, max_size=200))
@settings(slow, max_examples=2)
def test_two_hundred_steps(begin: Begin, done: list[tuple[str, int, int]]) -> None:
    rebuilt_is_the_same(begin(), done)


@pytest.mark.slow
@given(done=st.lists(steps, min_size=1, max_size=30))
@settings(slow, max_examples=12)
def test_a_few_steps(begin: Begin, done: list[tuple[str, int, int]]) -> None:
    rebuilt_is_the_same(begin(), done)
