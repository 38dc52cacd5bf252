"""A repository of another user is refused with the way out, on every edge; trusted, it works."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pygit2
import pytest
from pygit2.enums import ConfigLevel

from calcifer.kit.git.opening import ForeignOwner
from calcifer.services.service.scanning import look
from tests.odd.conftest import Around
from tests.odd.loop import Loop, made
from tests.owner import OWNER

NOBODY = 65534
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")


@pytest.fixture
def given_away(around: Around, home: Path) -> Loop:
    """A service whose repository was given to nobody."""
    loop = around(made(home / "web"))
    loop.scan()
    for path in (loop.path, *loop.path.rglob("*")):
        os.lchown(path, NOBODY, NOBODY)
    return loop


def test_pages_say_what_to_do(given_away: Loop) -> None:
    for page in ("/services/web", "/services/web/files", "/services/web/history", "/work/change?service_name=web"):
        text = given_away.get(page)
        assert "belongs to another user" in text
        assert f"safe.directory {given_away.path}" in text


def test_nothing_is_opened_and_nothing_is_changed(given_away: Loop, calcifer: object) -> None:
    with pytest.raises(ForeignOwner) as raised:
        given_away.open()
    assert "chown" in (raised.value.mend or "")
    answer = given_away.client.get("/api/v1/services/web/files")
    assert (answer.status_code, "safe.directory" in answer.json()["mend"]) == (503, True)


def test_a_scan_goes_on_without_it(given_away: Loop, home: Path) -> None:
    made(home / "zoo")
    report = look(given_away.wiring.units, OWNER, home)
    assert report.new == ["zoo"]
    assert report.failed == [("web", "The repository web belongs to another user, so git refuses to work in it.")]
    assert report.missing == []


@pytest.fixture
def trusted(given_away: Loop, tmp_path: Path) -> Iterator[Loop]:
    """The same, once its owner is trusted as the sentence says."""
    config = Path(os.environ["HOME"]) / ".gitconfig"
    kept = tmp_path / "gitconfig"
    shutil.copy(config, kept)
    subprocess.run(["git", "config", "--global", "--add", "safe.directory", str(given_away.path)], check=True)
    before = pygit2.settings.search_path[ConfigLevel.GLOBAL]
    pygit2.settings.search_path[ConfigLevel.GLOBAL] = os.environ["HOME"]  # libgit2 has looked when it was loaded
    yield given_away
    pygit2.settings.search_path[ConfigLevel.GLOBAL] = before
    shutil.copy(kept, config)


def test_trusted_it_works(trusted: Loop) -> None:
    trusted.run()
