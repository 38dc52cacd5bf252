"""Workspaces and repositories of a given size."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import insert

from calcifer import config
from calcifer.accounts import service as accounts
from calcifer.activity.models import Entry
from calcifer.app import create_app
from calcifer.kit.uow import Actor
from calcifer.server import settle
from calcifer.services import service as catalog
from calcifer.services.models import Service
from calcifer.wiring import Wiring, wire
from calcifer.work import service as work
from calcifer.work.branches import branch_name
from calcifer.work.models import CATEGORIES, ChecklistEntry, Item
from calcifer.work.schemas import FileContent, NewChange

OWNER = Actor("Ada Lovelace", "ada@example.org", "owner", 1)
NOBODY = Actor("", "", "nobody")
PASSWORD = "correct horse battery staple"  # noqa: S105  (it opens a directory that is gone in a minute)
FOLDER_FILES = 50
NOW = datetime.now(UTC)
COMPOSE = "services:\n  web:\n    image: nginx:1.25\n    ports:\n      - 8080:80\n"
ONE_IN_OPEN = 5


def git(path: Path, *arguments: str, given: bytes | None = None) -> str:
    """Run git, with objects and refs as durable as Calcifer has them, and return what it prints."""
    command = ["git", "-c", "core.fsync=committed,loose-object", "-c", "gc.auto=0", *arguments]
    done = subprocess.run(command, cwd=path, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


@dataclass
class Workspace:
    """A workspace with its application, the secret of its owner's session, and the service whose repository is real."""

    wiring: Wiring
    app: FastAPI
    secret: str
    path: Path
    name: str = "web"


def workspace(home: Path, *, items: int, services: int, commits: int, files: int) -> Workspace:
    """Make one: all but one service are rows only, the items belong to all of them."""
    home.mkdir()
    wiring = wire(config.read({"CALCIFER_HOME": str(home)}))
    with wiring.units.write(NOBODY) as uow:
        owner = accounts.setup(uow, OWNER.name, OWNER.mail, PASSWORD, code="", expected_code=None)
        secret = accounts.sign_in(uow, owner.id, "a benchmark")
    path = repository(home / "web", commits=commits, files=files)
    with wiring.units.write(OWNER) as uow:
        catalog.register(uow, path)
    with wiring.units.write(OWNER) as uow:
        uow.db.execute(insert(Service), [_service(home, number) for number in range(2, services + 1)])
        uow.db.execute(insert(Item), [_item(number, services) for number in range(1, items + 1)])
        opened = [number for number in range(1, items + 1) if number % ONE_IN_OPEN == 0]
        uow.db.execute(insert(ChecklistEntry), [_tick(number, at) for number in opened for at in range(1, 6)])
        uow.db.execute(insert(Entry), [_entry(number, services) for number in range(1, items * 3 + 1)])
    app = create_app(wiring)
    settle()  # as the server does
    return Workspace(wiring, app, secret, path)


def repository(path: Path, *, commits: int, files: int) -> Path:
    """Make a repository with this history on main, checked out: files in folders, each commit changing one of them."""
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    git(path, "fast-import", "--quiet", given=b"".join(_history(commits, files)))
    git(path, "reset", "-q", "--hard")
    return path


def file_name(number: int) -> str:
    """Return the path of the file with this number."""
    return f"part{number // FOLDER_FILES:02d}/file{number:04d}.txt"


def _history(commits: int, files: int) -> Iterator[bytes]:
    began = int((NOW - timedelta(minutes=commits + 1)).timestamp())
    first = {"README.md": "# Web\n\nThe proxy.\n", "docker-compose.yml": COMPOSE, "CHANGES.md": "# Changes\n"}
    first |= {file_name(number): _text(number, 0) for number in range(files)}
    for number in range(commits):
        changed = first if number == 0 else {file_name(number % files): _text(number % files, number)}
        yield b"commit refs/heads/main\n"
        yield f"committer Ada Lovelace <ada@example.org> {began + number * 60} +0000\n".encode()
        yield from _data(f"Change {number}\n")
        for path, text in changed.items():
            yield f"M 100644 inline {path}\n".encode()
            yield from _data(text)


def _data(text: str) -> Iterator[bytes]:
    yield f"data {len(text.encode())}\n".encode() + text.encode() + b"\n"


def _text(file: int, version: int) -> str:
    lines = [f"setting_{line} = {file * 31 + line}\n" for line in range(30)]
    lines[version % 30] = f"setting_{version % 30} = {version}\n"
    return "".join(lines)


def _service(home: Path, number: int) -> dict[str, object]:
    name = f"service-{number:04d}"
    kinds = ("application", "infrastructure", "network")
    return {
        "id": number,
        "name": name,
        "path": str(home / name),
        "title": f"Service {number}",
        "description": "One of many services that keep the house running.",
        "kind": kinds[number % 3],
        "owner": ("ada", "grace", "alan")[number % 3],
        "main_branch": "main",
        "head": f"{number:040x}",
        "highest_number": 0,
        "descriptor_source": "service.yaml",
        "descriptor_notes": [],
        "facts": {},
        "links": [],
        "adopted_at": NOW,
        "scanned_at": NOW,
    }


def _item(number: int, services: int) -> dict[str, object]:
    is_open = number % ONE_IN_OPEN == 0
    title = f"Pin the image of part {number} to its digest"
    at = NOW - timedelta(minutes=20_000 - number)
    done = {"state": "completed", "completed_at": at, "completed_by": OWNER.name, "merge": f"{number:040x}"}
    return {
        "number": number,
        "title": title,
        "reason": "The update of last week broke it, and nobody could say what had run before.",
        "category": CATEGORIES[0],
        "action": ("change", "fix", "new")[number % 3],
        "service_id": number % services + 1,
        "branch": branch_name(number, title),
        "is_parent": False,
        "is_express": False,
        "notes": "Tried on the test host.",
        "docs_reason": "",
        "author": OWNER.name,
        "author_mail": OWNER.mail,
        "opened_at": at,
        "updated_at": at,
        "revision": 3,
    } | ({"state": "open", "completed_at": None, "completed_by": None, "merge": None} if is_open else done)


def _tick(number: int, at: int) -> dict[str, object]:
    return {"item_number": number, "position": at, "text": f"Step {at} is done", "done_by": None, "done_at": None}


def _entry(number: int, services: int) -> dict[str, object]:
    item = number // 3 + 1
    return {
        "at": NOW - timedelta(minutes=60_000 - number),
        "actor": OWNER.name,
        "person_id": 1,
        "verb": ("work.open", "work.commit", "work.complete")[number % 3],
        "subject": f"#{item} Pin the image of part {item} to its digest",
        "service": f"service-{item % services + 1:04d}",
        "item_number": item,
        "detail": {},
    }


def complete_many(made: Workspace, count: int) -> None:
    """Open, commit and complete items of the real repository, each by the program itself, in one step; then do the jobs that were
    promised, as a server does them.
    """
    for number in range(count):
        content = _text(number, 20_000 + number)
        with made.wiring.units.write(OWNER) as uow:
            files = [FileContent(path=file_name(number), content=content)]
            change = NewChange(service=made.name, reason=f"Set part {number} to its new value.", files=files)
            item, verdicts = work.change(uow, change)
            assert item.state == "completed", verdicts
    made.wiring.jobs.run_due()
