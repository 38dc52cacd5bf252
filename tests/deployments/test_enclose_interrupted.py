"""The plug is pulled while secrets are on their way into .env: nothing of them stays elsewhere, the next shipping ends well."""

import random
import shutil
from pathlib import Path

import pytest

from calcifer.deployments import shipping
from calcifer.kit import dotenv
from calcifer.kit.errors import CalciferError
from tests.conftest import Git
from tests.deployments.test_enclose import bring
from tests.deployments.test_interrupted import EVERY, Plug
from tests.deployments.test_ship import Service

pytestmark = [pytest.mark.slow, pytest.mark.once]


def test_pulled_anywhere_the_next_one_ends_the_same(tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "ROOT", str(tmp_path / "opt"))
    service, plug, saved = Service(tmp_path, git), Plug(tmp_path, monkeypatch), tmp_path / "saved"
    env = service.directory / ".env"
    one, two = (dotenv.block({"PASSWORD": f"c4nary-{tag}"}, tag * 32) for tag in "12")
    first = service.commit({".env": "A=1\n", "a": "1"})
    bring(service, first, one)
    shipping.settle(service.place, first)
    second = service.commit({".env": "A=2", "a": "2"})
    third = service.commit({".env": None})
    wanted = {first: b"A=1\n\n" + one, second: b"A=2\n" + two, third: two}
    shutil.copytree(service.root, saved, symlinks=True)
    plug.pull_before(0)
    bring(service, second, two)
    count = len(plug.calls.read_text().splitlines())
    assert count > 3 * EVERY
    step = 3 * EVERY + 1  # so that each of the three versions comes after one that was cut off
    for call in range(random.randint(1, step), count + 1, step):
        shutil.rmtree(service.root)
        shutil.copytree(saved, service.root, symlinks=True)
        plug.pull_before(call)
        with pytest.raises(CalciferError):
            bring(service, second, two)
        kept = [path for path in service.versions.rglob("*") if path.is_file() and b"c4nary" in path.read_bytes()]
        assert not kept, call
        plug.pull_before(0)
        assert shipping.edited(service.place) == [], call
        then = (second, first, third)[call % 3]
        shipped = bring(service, then, one if then == first else two)
        assert env.read_bytes() == wanted[then], call
        assert env.stat().st_mode & 0o777 == 0o600
        assert then == first or ".env" in [*shipped.added, *shipped.changed, *shipped.removed], call
        assert not (service.directory / ".calcifer-placing").exists()
        assert shipping.edited(service.place) == [], call
