"""What tests of arrivals share: a forge with repositories, and jobs that are asked for and done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from calcifer.kit.promises import JobRow
from calcifer.services import service
from calcifer.services.elsewhere import Asked
from calcifer.wiring import Wiring
from tests.forge import Forge
from tests.owner import OWNER
from tests.services.samples import stack

Git = Callable[..., str]


def source(tmp_path: Path, git: Git, name: str = "source") -> Path:
    """A repository with a compose file."""
    path = stack(tmp_path / name)
    git(path, "init", "-q")
    git(path, "add", "-A")
    git(path, "commit", "-qm", f"Begin {name}")
    return path


def filled(forge: Forge, tmp_path: Path, git: Git) -> None:
    """Fill a forge: what is taken by default, what is private, and what is not taken."""
    path = source(tmp_path, git)
    forge.add("home/web", path)
    forge.add("home/Secret.App", path, is_private=True)
    forge.add("home/old", path, is_archived=True)
    forge.add("home/copy", path, is_fork=True)
    forge.add("home/void")
    forge.add("ada/notes", path, is_private=True)
    forge.add("ada/open", path)


def surveyed(wiring: Wiring, url: str, token: str | None = None, **more: Any) -> JobRow:
    """Survey, and return how the job ended."""
    with wiring.units.write(OWNER) as uow:
        row = service.survey(uow, wiring.settings.var, Asked(url, **more), token)
    return wiring.jobs.wait(row.id)


def arrived(wiring: Wiring, url: str, *only: str, token: str | None = None, **more: Any) -> JobRow:
    """Adopt from there, and return how the job ended."""
    asked = Asked(url, **more, only=frozenset(only) if only else None)
    with wiring.units.write(OWNER) as uow:
        row = service.adopt_from(uow, wiring.settings.var, asked, token)
    return wiring.jobs.wait(row.id)


def found(row: JobRow) -> dict[str, dict[str, Any]]:
    """What a survey has found, by path."""
    assert row.state == "done", row.error
    return {one["path"]: one for one in (row.result or {})["found"]}
