"""Services and items for tests; every state is reached the way the program reaches it."""

import subprocess
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from calcifer.kit.journal import JournalRow
from calcifer.kit.uow import Actor
from calcifer.services import service as catalog
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import ItemChanges, NewCommit, NewItem
from tests.owner import OWNER

COMPOSE = "services:\n  web:\n    image: nginx:1.25\n    ports:\n      - 8080:80\n"
FILES = {"docker-compose.yml": COMPOSE, "README.md": "# Web\n\nThe proxy, on port 8080.\n", ".gitignore": ".env\n"}


def git(path: Path, *arguments: str) -> str:
    """Run git as a person would."""
    done = subprocess.run(["git", *arguments], cwd=path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def service(wiring: Wiring, name: str = "web", files: dict[str, str] | None = None, actor: Actor = OWNER) -> Path:
    """Make a repository in the workspace, register it, and return its path."""
    path = wiring.settings.home / name
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    for file, content in (FILES | (files or {})).items():
        (path / file).parent.mkdir(parents=True, exist_ok=True)
        (path / file).write_bytes(content.encode())
    git(path, "add", "--all", "--force")
    git(path, "commit", "-q", "-m", "Begin")
    with wiring.units.write(actor) as uow:
        catalog.register(uow, path)
    return path


def opened(wiring: Wiring, service_name: str = "web", title: str = "Pin nginx", **more: object) -> int:
    """Open an item and return its number."""
    new = NewItem.model_validate({"title": title, "reason": "The update broke it.", "service": service_name} | more)
    with wiring.units.write(OWNER) as uow:
        return work.open(uow, new).number


def committed(wiring: Wiring, number: int, content: str | None = None, path: str = "docker-compose.yml") -> str:
    """Commit one file, by default with another image, and a change entry; return the commit."""
    text = COMPOSE.replace("1.25", "1.27") if content is None else content
    new = {"message": "Pin nginx", "entry": "Pin nginx.", "files": [{"path": path, "content": text}]}
    with wiring.units.write(OWNER) as uow:
        return work.commit(uow, number, NewCommit.model_validate(new))


def finished(wiring: Wiring, number: int) -> None:
    """Tick the checklist, write notes and say why no document changes, so that nothing but the branch is judged."""
    with wiring.units.write(OWNER) as uow:
        changes = ItemChanges(notes="Tried it on the test host.", docs_reason="No document names the version.")
        item = work.edit(uow, number, changes)
        for line in range(1, len(item.checklist) + 1):
            work.tick(uow, number, line)


def ready(wiring: Wiring, service_name: str = "web", title: str = "Pin nginx", content: str | None = None) -> int:
    """Open an item that only waits for its completion; return its number."""
    number = opened(wiring, service_name, title)
    committed(wiring, number, content)
    finished(wiring, number)
    return number


def completed(wiring: Wiring, service_name: str = "web", title: str = "Pin nginx", content: str | None = None) -> int:
    """Complete an item and return its number."""
    number = ready(wiring, service_name, title, content)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    return number


def journal(session: Session) -> list[JournalRow]:
    """Return the journal's rows: none, unless a writer is at work or died."""
    return list(session.scalars(select(JournalRow)))


def register(wiring: Wiring, path: Path) -> None:
    """Make a service of a repository that is there."""
    with wiring.units.write(OWNER) as uow:
        catalog.register(uow, path)
