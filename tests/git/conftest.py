"""What tests of git over all services share: services with an origin, a bare repository beside the workspace."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.git import queries
from calcifer.git.models import Listed
from calcifer.wiring import Wiring
from tests.conftest import Git
from tests.owner import OWNER
from tests.work import factories

State = Callable[[str], Listed]


@pytest.fixture
def web(wiring: Wiring) -> Path:
    """A service without an origin."""
    return factories.service(wiring)


@pytest.fixture
def origin(web: Path, git: Git, tmp_path: Path) -> Path:
    """The origin of that service, with its main."""
    bare = tmp_path / "web.git"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(bare))
    git(web, "remote", "add", "origin", str(bare))
    git(web, "push", "-q", "origin", "main")
    return bare


@pytest.fixture
def elsewhere(origin: Path, git: Git, tmp_path: Path) -> Callable[[str], str]:
    """Commit a file to main at origin from another clone, and return the commit."""

    def commit(name: str) -> str:
        clone = tmp_path / "clone"
        if not clone.exists():
            git(tmp_path, "clone", "-q", str(origin), "clone")
        (clone / name).write_text(name)
        git(clone, "add", ".")
        git(clone, "commit", "-q", "-m", f"Add {name}")
        git(clone, "push", "-q")
        return git(clone, "rev-parse", "HEAD")

    return commit


@pytest.fixture
def state(wiring: Wiring) -> State:
    """Read what was last seen of a service."""

    def read(name: str) -> Listed:
        with wiring.units.read(OWNER) as uow:
            return queries.get_state(uow.db, name)

    return read


def commit(path: Path, git: Git, name: str = "more") -> str:
    """Commit a file to whatever branch a checkout is on, and return the commit."""
    (path / name).write_text(name)
    git(path, "add", name)
    git(path, "commit", "-q", "-m", f"Add {name}")
    return git(path, "rev-parse", "HEAD")
