"""The service `web` of the deployments' tests, and ways to ask for secrets."""

import io
import subprocess
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.deployments.conftest import Deployed
from tests.deployments.conftest import web as web  # noqa: PLC0414  (a fixture)

from calcifer.secrets.keys import Keys

FILE = ".calcifer/secrets/production/PASSWORD.age"


class Typing:
    """`calcifer secrets set` with a value on standard input."""

    def __init__(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        self._run, self._patch = run, monkeypatch

    def __call__(self, value: str, *args: str, code: int = 0) -> None:
        self._patch.setattr("sys.stdin", io.StringIO(value))
        done = self._run("secrets", "set", "web", *args)
        assert done.code == code, done
        assert value.strip() not in done.out + done.err


@pytest.fixture
def put(calcifer: Run, monkeypatch: pytest.MonkeyPatch) -> Typing:
    return Typing(calcifer, monkeypatch)


@pytest.fixture
def keys(web: Deployed) -> Keys:
    return Keys(web.wiring.settings.var)


def age(identity: Path, sealed: bytes) -> str:
    """What the program `age` makes of it."""
    return subprocess.run(["age", "-d", "-i", identity], input=sealed, capture_output=True, check=True).stdout.decode()
