"""The whole change loop on one repository, as it is: what every kind of repository has to bear."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.testclient import TestClient

from calcifer.git import service as git_service
from calcifer.services import queries as catalog
from calcifer.services.service.scanning import look
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.schemas import NewCommit, NewWaiver
from tests.owner import OWNER
from tests.work import factories


def git(path: Path, *arguments: str | bytes, stdin: bytes | None = None) -> bytes:
    """Run git as a person would, and return the bytes that it prints."""
    done = subprocess.run(
        ["git", "-c", "core.hooksPath=/dev/null", *arguments], cwd=path, input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip(b"\n")


def made(path: Path, files: dict[str, bytes] | None = None, *options: str) -> Path:
    """Make a repository with a first commit of what a service has, and of `files`."""
    path.mkdir(exist_ok=True)
    git(path, "init", "-q", "-b", "main", *options)
    for name, content in ({name: text.encode() for name, text in factories.FILES.items()} | (files or {})).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
        os.utime(
            path / name, (1_600_000_000, 1_600_000_000)
        )  # older than the index, so that git need not read it again
    git(path, "add", "--all", "--force")
    git(path, "commit", "-q", "-m", "Begin")
    return path


@dataclass(frozen=True)
class Had:
    """What must not get lost: commits, and what lies in the checkout uncommitted."""

    commits: frozenset[bytes]
    uncommitted: dict[Path, bytes]


@dataclass
class Loop:
    """One service, from its scan to a completed change; each step asserts that nothing was lost and no page failed."""

    wiring: Wiring
    client: TestClient
    path: Path
    name: str = ""
    new_file: str = "notes/new.txt"
    pages: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Call the service after its directory."""
        self.name = self.name or self.path.name.removesuffix(".git")

    # -- looking ------------------------------------------------------------------------------------------------------

    def scan(self) -> None:
        """Scan the workspace: the service is there, and nothing failed."""
        report = look(self.wiring.units, OWNER, self.wiring.settings.home)
        assert not report.failed
        assert not report.missing

    def get(self, address: str, status: int = 200) -> str:
        """Open a page and return it."""
        answer = self.client.get(address)
        assert answer.status_code == status, (address, answer.status_code, answer.text[-2000:])
        assert "Traceback" not in answer.text
        self.pages[address] = answer.text
        return answer.text

    def look_at_service(self) -> None:
        """Open each page of the service, and the same for programs."""
        for tab in ("", "/history", "/files", "/documentation"):
            self.get(f"/services/{self.name}{tab}")
        for tab in ("", "/history", "/files"):
            self.get(f"/api/v1/services/{self.name}{tab}")
        self.get(f"/work/change?service_name={self.name}")
        self.get("/services")

    def file(self, path: str) -> str:
        """Open the page of a file."""
        return self.get(f"/services/{self.name}/files?path={quote(path)}")

    def look_at_git(self) -> dict[str, Any]:
        """Refresh what is known of the repository, and return it; it is not broken."""
        with self.wiring.units.write(OWNER) as uow:
            row = git_service.refresh(uow, self.name)
        ended = self.wiring.jobs.wait(row.id)
        assert ended.error is None
        self.get("/git")
        self.get(f"/git/services/{self.name}")
        state: dict[str, Any] = self.client.get(f"/api/v1/git/services/{self.name}").json()
        assert state["badges"] != ["broken"], state["error"]
        return state

    def look_at_item(self, number: int) -> None:
        """Open each page of an item, and the same for programs."""
        for tab in ("", "/diff", "/commits", "/files", "/context"):
            self.get(f"/work/{number}{tab}")
        self.get(f"/api/v1/work/{number}")
        self.get(f"/api/v1/work/{number}/context")

    # -- changing -----------------------------------------------------------------------------------------------------

    def open(self, title: str = "Pin nginx") -> int:
        """Open an item."""
        return factories.opened(self.wiring, self.name, title)

    def commit_text(self, number: int) -> None:
        """Commit a text as a page would."""
        factories.committed(self.wiring, number)

    def commit_in_worktree(self, number: int, files: dict[str, bytes] | None = None) -> Path:
        """Commit edits made in a worktree of the item, and return that."""
        with self.wiring.units.write(OWNER) as uow:
            tree = work.checkout(uow, number, self.wiring.settings.var / "worktrees")
        for name, content in (files or {self.new_file: b"new\n"}).items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(content)
        with self.wiring.units.write(OWNER) as uow:
            work.commit(uow, number, NewCommit(message="In the worktree", from_worktree=True))
        assert git(tree, "status", "--porcelain") == b""
        return tree

    def verdicts(self, number: int) -> dict[str, str]:
        """Return what each rule says."""
        with self.wiring.units.read(OWNER) as uow:
            return {one.rule: one.state for one in work.judge(uow, queries.get_item(uow.db, number))}

    def complete(self, number: int) -> None:
        """Complete it; checkouts of main have followed and no step is held."""
        factories.finished(self.wiring, number)
        with self.wiring.units.write(OWNER) as uow:
            work.complete(uow, number)
        self.settled()

    def settled(self) -> None:
        """Assert that no writer's step is left."""
        with self.wiring.units.read(OWNER) as uow:
            assert [row.held for row in factories.journal(uow.db)] == []

    def waive(self, number: int, rule: str) -> None:
        """Let a rule pass."""
        with self.wiring.units.write(OWNER) as uow:
            work.waive(uow, number, NewWaiver(rule=rule, reason="A test"))

    def strays(self) -> int:
        """Look for commits without an item, and return how many there are."""
        with self.wiring.units.write(OWNER) as uow:
            work.find_strays(uow, uow.db.merge(self.service()))
        with self.wiring.units.read(OWNER) as uow:
            return len(queries.list_strays(uow.db, service_id=self.service().id))

    def service(self) -> Any:
        """Return the row of the service."""
        with self.wiring.units.read(OWNER) as uow:
            return catalog.get_service(uow.db, self.name)

    # -- keeping ------------------------------------------------------------------------------------------------------

    def had(self) -> Had:
        """Remember every commit and all that is uncommitted or ignored in the checkout."""
        commits = frozenset(git(self.path, "rev-list", "--branches", "--tags", "--remotes", "HEAD").split())
        uncommitted = {}
        if git(self.path, "rev-parse", "--is-bare-repository") == b"false":
            out = git(self.path, "status", "--porcelain", "--ignored", "-z", "-uall", "--no-renames")
            for line in out.split(b"\0"):
                file = self.path / line[3:].decode("utf-8", "surrogateescape")
                if line and file.is_file():
                    uncommitted[file] = file.read_bytes()
        return Had(commits, uncommitted)

    def kept(self, had: Had) -> None:
        """Assert that all of it is still there, and that git finds nothing wrong."""
        assert had.commits <= frozenset(git(self.path, "rev-list", "--branches", "--tags", "--remotes", "HEAD").split())
        assert {file: file.read_bytes() for file in had.uncommitted} == had.uncommitted
        git(self.path, "fsck", "--no-dangling")

    def run(self) -> int:
        """Go once around with a text and a worktree, and return the number of the completed item."""
        self.scan()
        had = self.had()
        self.look_at_service()
        self.look_at_git()
        number = self.open()
        self.look_at_item(number)
        self.commit_text(number)
        self.commit_in_worktree(number)
        self.look_at_item(number)
        assert set(self.verdicts(number).values()) >= {"pass"}
        self.complete(number)
        self.look_at_item(number)
        self.kept(had)
        assert self.strays() == 0
        self.scan()
        self.look_at_service()
        self.look_at_git()
        return number
