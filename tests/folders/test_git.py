"""Git over all services has one row for a repository, whatever services are in it, and asks its origin once."""

from pathlib import Path

from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from calcifer.work import service as work
from tests.conftest import Git, Run
from tests.folders.conftest import Adopting, completed, ready
from tests.owner import OWNER
from tests.work import factories


def test_one_row_by_page_api_and_command(
    stacks: Path, wiring: Wiring, client: TestClient, api: TestClient, calcifer: Run
) -> None:
    factories.service(wiring, "alone")
    ready(wiring, "media")
    ready(wiring, "web")
    rows = calcifer("git", "status", "--json").json
    assert [(row["service"], row["services"], row["stray_count"]) for row in rows] == [
        ("alone", [], 0), ("db", ["db", "media", "web"], 0),
    ]  # fmt: skip
    assert [row["service"] for row in calcifer("git", "status", "web", "media", "--json").json] == ["db"]
    assert [row["service"] for row in api.get("/api/v1/git").json()["items"]] == ["alone", "db"]
    assert api.get("/api/v1/git/services/web").json()["path"] == str(stacks)
    assert client.get("/git").text.count("/git/services/") == 2
    assert "db, media, web" in client.get("/git").text
    assert "Services in it" in client.get("/git/services/media").text


def test_the_rest_speaks_for_all(stacks: Path, adopt: Adopting, calcifer: Run) -> None:
    adopt(stacks, only=("stacks",))
    assert [row["service"] for row in calcifer("git", "status", "--json").json] == ["stacks"]


def test_origin_is_asked_once(stacks: Path, wiring: Wiring, calcifer: Run, git: Git, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "origin.git")
    git(stacks, "remote", "add", "origin", str(tmp_path / "origin.git"))
    assert len(calcifer("git", "push", "web", "media", "--json").json) == 1
    assert len(calcifer("git", "fetch", "--json").json) == 1
    numbers = [ready(wiring, "web"), ready(wiring, "media")]
    promised: set[int] = set()
    for number in numbers:
        with wiring.units.write(OWNER) as uow:
            work.complete(uow, number)
            promised |= set(uow.jobs)
    assert len(promised) == 1
    wiring.jobs.run_due()
    assert git(tmp_path / "origin.git", "rev-parse", "main") == git(stacks, "rev-parse", "main")


def test_one_that_is_missing_speaks_for_nobody(stacks: Path, wiring: Wiring, calcifer: Run, git: Git) -> None:
    git(stacks, "rm", "-rq", "db")
    git(stacks, "commit", "-qm", "Give it up")
    calcifer("scan")
    rows = calcifer("git", "status", "--json").json
    assert [(row["service"], row["badges"]) for row in rows] == [("media", ["clean"])]
    completed(wiring, "web")
