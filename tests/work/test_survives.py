"""A checkout with edited, untracked and ignored files, with filters and attributes, survives every verb unchanged."""

from pathlib import Path

import pytest

from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import FileContent, ItemChanges, NewChange, NewCommit, NewWaiver
from tests.owner import OWNER
from tests.work import factories

FILES = {
    ".gitattributes": "*.rot filter=rot13\n*.crlf text eol=crlf\n*.bin binary\n",
    "plain.rot": "uryyb\n",  # what git stores; the checkout has it turned
    "dos.crlf": "one\n",
    "data.bin": "a\r\nb\n",
    "edited.txt": "as committed\n",
    ".gitignore": ".env\ndata/\n",
}
MINE = {
    "edited.txt": b"by hand\n",
    "untracked.txt": b"mine\r\n",
    ".env": b"SECRET=1\n",
    "data/rows": b"\0\1\2",
    "plain.rot": b"uryyb, edited\n",
}


@pytest.fixture
def checkout(wiring: Wiring) -> Path:
    """Make the service; the filter turns letters by thirteen on the way in and out."""
    path = wiring.settings.home / "web"
    path.mkdir()
    factories.git(path, "init", "-q", "-b", "main")
    for side in ("clean", "smudge"):
        factories.git(path, "config", f"filter.rot13.{side}", "tr A-Za-z N-ZA-Mn-za-m")
    for name, content in (factories.FILES | FILES).items():
        (path / name).write_bytes(content.encode())
    factories.git(path, "add", "--all", "--force")
    factories.git(path, "commit", "-q", "-m", "Begin")
    (path / "data").mkdir()
    for name, mine in MINE.items():
        (path / name).write_bytes(mine)
    (path / "script.sh").write_bytes(b"#!/bin/sh\n")
    (path / "script.sh").chmod(0o755)
    (path / "link").symlink_to("/etc/hostname")
    factories.register(wiring, path)
    return path


def seen(path: Path) -> dict[str, tuple[int, bytes]]:
    """Read what lies in the checkout that no verb here changes: modes and contents."""
    names = [*MINE, "script.sh", "link", "dos.crlf", "data.bin"]
    return {name: ((path / name).lstat().st_mode, content(path / name)) for name in names}


def content(path: Path) -> bytes:
    """Read a file, or where a link leads."""
    return str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()


def test_every_verb(wiring: Wiring, checkout: Path) -> None:
    before, status = seen(checkout), factories.git(checkout, "status", "--porcelain", "--ignored")
    worktrees = wiring.settings.var / "worktrees"

    def unchanged() -> None:
        assert seen(checkout) == before
        assert factories.git(checkout, "status", "--porcelain", "--ignored") == status

    number = factories.opened(wiring)
    unchanged()
    with wiring.units.write(OWNER) as uow:
        tree = work.checkout(uow, number, worktrees)
    assert (tree / "plain.rot").read_bytes() == b"uryyb\n"
    unchanged()
    with wiring.units.write(OWNER) as uow:
        work.commit(
            uow,
            number,
            NewCommit(message="More", entry="Add a file.", files=[FileContent(path="new.txt", content="new\n")]),
        )
    unchanged()
    (tree / "secret.rot").write_text("hello\n")
    with wiring.units.write(OWNER) as uow:
        work.commit(uow, number, NewCommit(message="More", from_worktree=True))
    assert factories.git(checkout, "show", f"work/{number}-pin-nginx:secret.rot") == "uryyb"
    unchanged()
    with wiring.units.write(OWNER) as uow:
        work.edit(uow, number, ItemChanges(notes="Tried it."))
        work.waive(uow, number, NewWaiver(rule="checklist", reason="A test"))
        work.drop(uow, number)
    with wiring.units.write(OWNER) as uow:
        work.reopen(uow, number)
        work.update(uow, number)
    unchanged()
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert (checkout / "secret.rot").read_text() == "hello\n"  # out through the filter
    assert factories.git(checkout, "status", "--porcelain", "--ignored") == status
    assert seen(checkout) == before
    with wiring.units.write(OWNER) as uow:
        back = work.revert(uow, number, "Not needed").number
        work.waive(uow, back, NewWaiver(rule="checklist", reason="A test"))
        work.complete(uow, back)
    assert not (checkout / "secret.rot").exists()
    unchanged()


def test_the_express_lane_takes_only_what_it_is_told(wiring: Wiring, checkout: Path) -> None:
    before = seen(checkout)
    (checkout / "docker-compose.yml").write_text(factories.COMPOSE.replace("1.25", "1.27"))
    with wiring.units.write(OWNER) as uow:
        item, verdicts = work.change(uow, NewChange(service="web", reason="Pin it.", paths=["docker-compose.yml"]))
        assert item.state == "completed", verdicts
    assert seen(checkout) == before
    assert "docker-compose.yml" not in factories.git(checkout, "status", "--porcelain")


def test_collected_edits_pass_the_filter(wiring: Wiring, checkout: Path) -> None:
    before = seen(checkout)
    with wiring.units.write(OWNER) as uow:
        number = work.collect(uow, NewChange(service="web", reason="By hand.", paths=["plain.rot"])).number
    branch = factories.git(checkout, "branch", "--list", f"work/{number}-*").strip("* ")
    assert factories.git(checkout, "show", f"{branch}:plain.rot") == "hello, rqvgrq"
    assert seen(checkout) == before
