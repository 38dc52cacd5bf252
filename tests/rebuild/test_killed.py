"""SIGKILL at every step of a rebuild, and at random moments: the old database is there or kept, and the next one ends the same."""

import os
import random
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from calcifer.accounts.models import Person
from calcifer.rebuild import service
from calcifer.services.service.scanning import look
from calcifer.wiring import Wiring, wire
from calcifer.work import queries
from calcifer.work.models import Item
from tests.owner import OWNER
from tests.rebuild.conftest import Rebuild, Said
from tests.work import factories

STEPS = ("replayed", "locked", "built", "carried", "kept", "cleared", "in place")
MARK = "Only in the database"


def rebuild_in_a_child(wiring: Wiring, on_step: Callable[[str], None]) -> int:
    """Fork and rebuild there; return the child's process id."""
    wiring.units.database.close()
    child = os.fork()
    if child == 0:
        try:
            service.rebuild(wiring.settings, OWNER, on_step=on_step)
            os._exit(0)
        except BaseException:  # noqa: BLE001  (the child must never get back into the test run)
            traceback.print_exc(file=sys.stderr)
        finally:
            os._exit(1)
    return child


@pytest.fixture
def expected(wiring: Wiring, web: Path, said: Said) -> Iterator[dict[str, list[dict[str, object]]]]:
    """What a rebuild ends with, for a database that says something else about one item."""
    factories.completed(wiring)
    number = factories.ready(wiring, title="Another", content="services: {web: {image: caddy}}\n")
    look(wiring.units, OWNER, wiring.settings.home)
    expected = {name: rows for name, rows in said().items() if name != "activity"}
    with wiring.units.database.writing() as session:
        queries.get_item(session, number).title = MARK
        session.commit()
    yield expected
    assert not list(wiring.settings.var.glob("*.new*"))


def is_kept(wiring: Wiring) -> bool:
    """Say whether what only the old database knows is still to be found."""
    with wiring.units.database.reading() as session:
        titles = set(session.scalars(select(Item.title)))
    for path in (wiring.settings.var / "backups").glob("database-*/calcifer.sqlite"):
        with sqlite3.connect(path) as kept:
            try:
                titles |= {title for (title,) in kept.execute("SELECT title FROM work_items")}
            except sqlite3.OperationalError:
                continue  # it was killed while it made this one
        kept.close()
    return MARK in titles


def check(wiring: Wiring, rebuild: Rebuild, said: Said, expected: dict[str, list[dict[str, object]]]) -> None:
    """Assert that nothing is lost, that work can go on at once, and that the next rebuild comes to the end."""
    assert is_kept(wiring)
    again = wire(wiring.settings)
    assert again.is_set_up()
    again.close()
    report = rebuild()
    assert report.unread == []
    assert is_kept(wiring)
    found = said()
    assert {name: found[name] for name in expected} == expected
    with wiring.units.read(OWNER) as uow:
        assert uow.db.scalars(select(Person.mail)).all() == [OWNER.mail]


@pytest.mark.parametrize("step", STEPS)
def test_at_a_step(
    wiring: Wiring, rebuild: Rebuild, said: Said, expected: dict[str, list[dict[str, object]]], step: str
) -> None:
    if step == "cleared" and not wiring.units.database.is_sqlite:
        return  # there, it is one transaction
    child = rebuild_in_a_child(wiring, lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == step else None)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"it ended by itself before '{step}'"
    check(wiring, rebuild, said, expected)


@pytest.mark.slow
def test_at_random_moments(
    wiring: Wiring, rebuild: Rebuild, said: Said, expected: dict[str, list[dict[str, object]]]
) -> None:
    began = time.monotonic()
    os.waitpid(rebuild_in_a_child(wiring, lambda _: None), 0)
    lasts = time.monotonic() - began
    assert is_kept(wiring)
    for _ in range(8):
        child = rebuild_in_a_child(wiring, lambda _: None)
        time.sleep(random.uniform(0, lasts))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    check(wiring, rebuild, said, expected)
