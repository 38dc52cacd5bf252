"""What tests of work share: a service with an edited checkout, and the command line."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from calcifer import cli
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work.models import Item
from tests.owner import OWNER
from tests.work import factories


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed with `--json`."""
        return json.loads(self.out)


Command = Callable[..., Ran]


@pytest.fixture
def calcifer(wiring: Wiring, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command on the workspace as a person would: `calcifer("work", "tick", 1, 2)`."""
    monkeypatch.setenv("CALCIFER_HOME", str(wiring.settings.home))
    monkeypatch.setenv("CALCIFER_DATABASE_URL", wiring.settings.database_url)

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        code = cli.run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run


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
