"""The plug is pulled before each call by which the script changes the disk; the next shipping ends as if nothing had been."""

import os
import random
import shutil
from pathlib import Path

import pytest

from calcifer.deployments import shipping
from calcifer.kit.errors import CalciferError
from calcifer.kit.ssh import scripts
from tests.conftest import Git
from tests.deployments.test_ship import Service

EVERY = int(os.environ.get("CALCIFER_TEST_EVERY", "2"))
"""Each second call is enough for a run; 1 takes all."""
pytestmark = [pytest.mark.slow, pytest.mark.once]

CHANGING = ("cp", "mkdir", "mv", "rm", "rmdir", "sync", "tar")
SHIM = """#!/bin/sh
echo {program} "$@" >>{calls}
[ "$(wc -l <{calls})" != "$(cat {deadly})" ] || kill -9 0
exec {real} "$@"
"""


class Plug:
    """Ends every process of the script before the n-th call."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls, self.deadly, shims = root / "calls", root / "deadly", root / "shims"
        shims.mkdir()
        for program in CHANGING:
            shim = shims / program
            shim.write_text(
                SHIM.format(program=program, calls=self.calls, deadly=self.deadly, real=shutil.which(program))
            )
            shim.chmod(0o755)
        command, environment = scripts.command, scripts.environment
        monkeypatch.setattr(scripts, "command", lambda *asked: ["setsid", "--wait", *command(*asked)])
        monkeypatch.setattr(
            scripts, "environment", lambda: environment() | {"PATH": f"{shims}:{environment()['PATH']}"}
        )
        self.pull_before(0)

    def pull_before(self, call: int) -> None:
        """Set when; 0 is never."""
        self.calls.write_text("")
        self.deadly.write_text(str(call))


def test_pulled_anywhere_the_next_one_ends_the_same(tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "ROOT", str(tmp_path / "opt"))
    service, plug, saved = Service(tmp_path, git), Plug(tmp_path, monkeypatch), tmp_path / "saved"
    first = service.commit({"a": "1", "conf/b": "1", "gone/c": "1", "kind": "-> a", "same": "s"})
    service.ship(first)
    shipping.settle(service.place, first)
    (service.directory / "data").mkdir()
    (service.directory / "data" / "db").write_text("precious")
    service.commit({"a": "2", "conf/b": "2", "gone/c": None, "kind": None, "new/d": "2"})
    second = service.commit({"kind/e": "2"})
    third = service.commit({"a": "3", "gone/c": "3", "new/d": None})
    shutil.copytree(service.root, saved, symlinks=True)
    plug.pull_before(0)
    service.ship(second)
    count = len(plug.calls.read_text().splitlines())
    assert count > 15
    for call in range(random.randint(1, EVERY), count + 1, EVERY):
        shutil.rmtree(service.root)
        shutil.copytree(saved, service.root, symlinks=True)
        plug.pull_before(call)
        with pytest.raises(CalciferError):
            service.ship(second)
        plug.pull_before(0)
        assert shipping.edited(service.place) == [], call
        then = (second, first, third)[call % 3]
        shipped = service.ship(then)
        assert service.is_at(then), call
        assert (service.directory / "data" / "db").read_text() == "precious"
        assert then == first or "a" in shipped.changed, "what the containers were not told of"
        assert not (service.directory / ".calcifer-placing").exists()
        assert not list(service.versions.glob("*.part.*"))
        names = {path.name for path in service.directory.iterdir()} - {"data", "a", "conf", "kind", "same"}
        assert names == {first: {"gone"}, second: {"new"}, third: {"gone"}}[then]
