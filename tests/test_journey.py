"""The whole way on real services: 39 are adopted; one is changed by page, one by API, one on the command line."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from tests.conftest import Git, Run
from tests.services.samples import cloned

LINE = "# One line more, tried on the test host.\n"


@pytest.fixture
def adopted(calcifer: Run, tmp_path: Path, home: Path) -> Path:
    """The workspace with the 39 projects of the bundle as services."""
    ran = calcifer("adopt", "--directories", cloned(tmp_path / "awesome"))
    assert ran.code == 0, ran.err
    services = [path for path in home.iterdir() if (path / ".git").exists()]
    assert len(services) == 39
    return home


def compose_of(repository: Path) -> Path:
    """Find the compose file."""
    return next(
        path for path in sorted(repository.iterdir()) if "compose" in path.name and path.suffix in {".yml", ".yaml"}
    )


def by_page(client: TestClient, name: str, text: str, path: str) -> int:
    """Open, edit, commit, document and complete as a browser does."""
    new = {"title": "Add a line", "reason": "To see the loop.", "service_name": name}
    number = int(str(client.post("/work/open", data=new).url).rpartition("/")[2])
    typed = {"file": path, "content": text, "message": "Add a line", "entry": "A line more."}
    assert client.post(f"/work/{number}/commit", params={"path": path}, data=typed).status_code == 200
    said = {"title": "Add a line", "reason": "To see the loop.", "notes": "Tried on the test host.", "revision": "1"}
    assert client.post(f"/work/{number}/edit", data=said).status_code == 200
    for line in ("1", "2"):
        assert client.post(f"/work/{number}/tick", data={"line": line}).status_code == 200
    done = client.post(f"/work/{number}/complete")
    assert f"#{number} is completed" in done.text
    return number


def by_api(api: TestClient, name: str, text: str, path: str) -> int:
    """The same as a program does."""
    new = {"title": "Add a line", "reason": "To see the loop.", "service": name}
    number = int(api.post("/api/v1/work/open", json=new).json()["number"])
    at = f"/api/v1/work/{number}"
    files = [{"path": path, "content": text}]
    made = api.post(f"{at}/commit", json={"message": "Add a line", "entry": "A line more.", "files": files})
    assert made.status_code == 201, made.text
    assert api.post(f"{at}/edit", json={"notes": "Tried on the test host."}).status_code == 200
    for line in (1, 2):
        assert api.post(f"{at}/tick", json={"line": line}).status_code == 200
    assert api.post(f"{at}/complete").json()["state"] == "completed"
    return number


def by_command(calcifer: Run, name: str, text: str, path: str) -> int:
    """The same in a worktree, on the command line."""
    number = int(calcifer("work", "open", "Add a line", "-m", "To see the loop.", "-s", name, "--json").json["number"])
    tree = Path(calcifer("work", "checkout", number).out.strip())
    (tree / path).write_text(text)
    assert calcifer("work", "commit", number, "-m", "Add a line", "-e", "A line more.").code == 0
    assert calcifer("work", "edit", number, "--notes", "Tried on the test host.").code == 0
    for line in (1, 2):
        assert calcifer("work", "tick", number, line).code == 0
    ran = calcifer("work", "complete", number)
    assert ran.code == 0, ran.err
    return number


def test_the_loop_on_real_services(
    adopted: Path, client: TestClient, api: TestClient, calcifer: Run, git: Git, wiring: Wiring
) -> None:
    ways: dict[str, Callable[[str, str, str], int]] = {
        "nginx-golang": lambda *given: by_page(client, *given),
        "wordpress-mysql": lambda *given: by_api(api, *given),
        "react-nginx": lambda *given: by_command(calcifer, *given),
    }
    for name, way in ways.items():
        repository = adopted / name
        compose = compose_of(repository)
        text = LINE + compose.read_text()
        number = way(name, text, compose.name)
        assert compose.read_text() == text
        assert git(repository, "status", "--porcelain") == ""
        git(repository, "fsck", "--strict")
        log = git(repository, "log", "--format=%s|%(trailers:key=Work-Item,valueonly,separator=%x2C)")
        assert f"Service Change: Add a line (#{number})|{number}" in log
        assert f"Add a line|{number}" in log
        record = next((repository / ".calcifer" / "work").iterdir()).read_text()
        for said in ("# Add a line", "> To see the loop.", "> A line more.", "- [x] ", "Tried on the test host."):
            assert said in record
        assert f"(#{number})\n\nA line more." in (repository / "CHANGES.md").read_text()
        assert (
            git(repository, "for-each-ref", "--format=%(refname)", "refs/heads") == "refs/heads/master"
        )  # as in the repository that it comes from
        shown = client.get(f"/work/{number}")
        assert "Completed" in shown.text


def test_a_change_of_one_line_is_one_command_and_takes_less_than_a_minute(
    adopted: Path, calcifer: Run, git: Git
) -> None:
    compose = compose_of(adopted / "nginx-golang")
    compose.write_text(LINE + compose.read_text())
    started = time.monotonic()
    ran = calcifer("change", "nginx-golang", "-m", "Note where it was tried.")
    assert ran.code == 0, ran.err
    assert time.monotonic() - started < 60  # promise P6
    assert git(adopted / "nginx-golang", "status", "--porcelain") == ""
