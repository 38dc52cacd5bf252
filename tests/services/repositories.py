"""Repositories that tests of the catalog look at: ordinary ones, hostile ones, damaged ones."""

import shutil
import subprocess
from pathlib import Path
from typing import Self

from sqlalchemy import event, update

from calcifer.services.models import Service
from calcifer.wiring import Wiring
from tests.work.factories import git

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
EVIL = "<script>alert(1)</script>"


def committed(path: Path, files: dict[str, bytes | str], message: str = "Change") -> str:
    """Commit files on what is checked out and return the commit."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    git(path, "add", "--all", "--force")
    git(path, "commit", "-q", "--allow-empty", "-m", message)
    return git(path, "rev-parse", "HEAD")


def hostile(path: Path) -> None:
    """Commit names that break out of HTML, terminals and addresses; git itself takes them all."""
    names = [
        b"caf\xe9.txt",
        b"a\nb",
        b"x\\y",
        b"\xe2\x80\xaegpj.exe",
        EVIL.replace("/", "|").encode(),
        b"-rf",
        b"100%.md",
    ]
    for name in names:
        blob = git(path, "hash-object", "-w", "README.md")
        with (path / ".git" / "entry").open("wb") as entry:
            entry.write(b"100644 " + blob.encode() + b"\t" + name + b"\0")
        with (path / ".git" / "entry").open("rb") as entry:
            subprocess.run(["git", "update-index", "-z", "--add", "--index-info"], cwd=path, stdin=entry, check=True)
    git(path, "commit", "-q", "-m", "Names")


def changed(wiring: Wiring, name: str, **values: object) -> None:
    """Set columns of a service as a scan might have left them."""
    with wiring.units.database.writing() as session:
        session.execute(update(Service).where(Service.name == name).values(**values))
        session.commit()


def damaged(path: Path) -> None:
    """Lose every object of a repository, as a failing disk does."""
    for folder in (path / ".git" / "objects").iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
            folder.mkdir()


class Counted:
    """Counts the statements of a block: `with Counted(wiring) as count: …; assert count.statements == 3`."""

    def __init__(self, wiring: Wiring) -> None:
        """Count on the database of `wiring`."""
        self._engine = wiring.units.database.reader
        self.statements = 0

    def _count(self, *_: object) -> None:
        self.statements += 1

    def __enter__(self) -> Self:
        """Begin."""
        event.listen(self._engine, "before_cursor_execute", self._count)
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        event.remove(self._engine, "before_cursor_execute", self._count)
