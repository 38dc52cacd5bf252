"""The recovery key is taken once, and brings everything back where the workspace has lost its own."""

from pathlib import Path

import pytest
from tests.conftest import Run
from tests.deployments.conftest import Deployed
from tests.secrets.conftest import FILE, Typing

from calcifer.kit import age
from calcifer.secrets.keys import Keys

pytestmark = pytest.mark.once


def test_is_taken_once(web: Deployed, put: Typing, calcifer: Run, keys: Keys, tmp_path: Path) -> None:
    put("one", "PASSWORD")
    assert "Nobody has taken the recovery key" in calcifer("doctor", "examine").out
    there = tmp_path / "there"
    there.write_text("mine")
    assert calcifer("secrets", "recovery", "--to", there).code == 5
    assert there.read_text() == "mine"
    file = tmp_path / "recovery"
    assert calcifer("secrets", "recovery", "--to", file).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert calcifer("secrets", "recovery").code == 5
    assert all(age.identities(file.read_text())[0] not in path.read_text() for path in keys.file.parent.iterdir())
    assert "Nobody has taken the recovery key" not in calcifer("doctor", "examine").out


def test_brings_everything_back(web: Deployed, put: Typing, calcifer: Run, keys: Keys, tmp_path: Path) -> None:
    put("one", "PASSWORD")
    file = tmp_path / "recovery"
    calcifer("secrets", "recovery", "--to", file)
    for path in keys.file.parent.iterdir():
        path.unlink()
    assert "The key of the workspace is missing" in calcifer("doctor", "examine").out
    assert calcifer("secrets", "show", "web", "PASSWORD", "--reveal").code == 5
    (tmp_path / "other").write_text(age.make())
    assert calcifer("secrets", "restore", tmp_path / "other").code == 2
    assert calcifer("secrets", "restore", tmp_path / "nowhere").code == 2
    assert not keys.file.exists()
    assert calcifer("secrets", "restore", file, "--json").json == {"opens": 1}
    assert calcifer("secrets", "show", "web", "PASSWORD", "--reveal").out == "one\n"
    assert "for an older one" in calcifer("doctor", "examine").out
    calcifer("secrets", "rotate")
    assert "for an older one" not in calcifer("doctor", "examine").out
    assert age.decrypt((web.path / FILE).read_bytes(), age.identities(file.read_text())) == b"one"
