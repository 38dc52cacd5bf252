"""What is shown of all repositories."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from calcifer.git import service
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from tests.conftest import Git, Ran
from tests.work import factories

Command = Callable[..., Ran]


@pytest.fixture
def three(wiring: Wiring, actor: Actor, web: Path, origin: Path, git: Git) -> None:
    """Three services that were looked at: one with an origin and a hostile branch, one edited, one not seen yet."""
    git(web, "branch", "<b>bold</b>")
    git(web, "remote", "add", "backup", "https://ada:secret@example.org/web.git")
    (factories.service(wiring, "edited") / "README.md").write_text("mine")
    with wiring.units.write(actor) as uow:
        service.refresh(uow)
    wiring.jobs.run_due()
    factories.service(wiring, "unseen")


@pytest.fixture
def queries(wiring: Wiring) -> Iterator[list[str]]:
    """What is asked of the database."""
    asked: list[str] = []

    def listen(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(wiring.units.database.reader, "before_cursor_execute", listen)
    yield asked
    event.remove(wiring.units.database.reader, "before_cursor_execute", listen)


def test_page_lists_filters_and_counts(client: TestClient, three: None) -> None:
    shown = client.get("/git").text
    assert [name in shown for name in ("web", "edited", "unseen")] == [True] * 3
    edited = client.get("/git?only=dirty").text
    assert "/git/services/edited" in edited
    assert "/git/services/web" not in edited
    assert "/git/services/unseen" in client.get("/git?only=unknown").text
    assert client.get("/git?only=nonsense").status_code == 422
    assert client.get("/git?cursor=nonsense").status_code == 422
    assert client.get("/git?cursor=WzFd").status_code == 422


def test_page_of_one_repository_escapes_and_redacts(client: TestClient, three: None) -> None:
    shown = client.get("/git/services/web").text
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown
    assert "https://…@example.org/web.git" in shown
    assert "secret" not in shown
    assert "README.md" in client.get("/git/services/edited").text
    assert "unknown" in client.get("/git/services/unseen").text.lower()
    assert client.get("/git/services/nothing").status_code == 404


def test_page_of_a_repository_that_nobody_has_looked_at_claims_nothing(client: TestClient, web: Path) -> None:
    shown = client.get("/git/services/web").text
    assert "Nobody has looked at the repository" in shown
    assert "Nothing is uncommitted" not in shown
    assert "No commit yet" not in shown


def test_page_asks_the_database_the_same_however_many_there_are(
    client: TestClient, wiring: Wiring, three: None, queries: list[str]
) -> None:
    client.get("/git")
    few = len(queries)
    for number in range(8):
        factories.service(wiring, f"more-{number}")
    queries.clear()
    client.get("/git")
    assert len(queries) == few <= 12


def test_pages_go_on_by_name(api: TestClient, three: None) -> None:
    first = api.get("/api/v1/git?limit=2").json()
    assert [one["service"] for one in first["items"]] == ["edited", "unseen"]
    rest = api.get("/api/v1/git", params={"limit": 2, "cursor": first["next"]}).json()
    assert ([one["service"] for one in rest["items"]], rest["next"]) == (["web"], None)


def test_api(api: TestClient, three: None) -> None:
    one = api.get("/api/v1/git/services/web").json()
    assert one["badges"] == ["clean"]
    assert one["remotes"]["backup"] == "https://…@example.org/web.git"
    assert [(branch["name"], branch["state"]) for branch in one["strays"]] == [("<b>bold</b>", "empty")]
    assert [row["service"] for row in api.get("/api/v1/git?only=dirty").json()["items"]] == ["edited"]
    assert api.get("/api/v1/git/services/nothing").status_code == 404
    assert api.get("/api/v1/git?only=nonsense").status_code == 422


def test_cli_looks_first(calcifer: Command, web: Path) -> None:
    (web / "README.md").write_text("mine")
    assert "unknown" in calcifer("git", "status", "--seen").out
    code, out, err = calcifer("git", "status", "web")
    assert code == 0
    assert out.splitlines()[1].split("\t")[:2] == ["web", "dirty"]
    assert "README.md" in err
    assert calcifer("git", "status", "nothing").code == 3
    assert calcifer("git", "status", "--only", "nonsense").code == 2


def test_cli_prints_json(calcifer: Command, three: None) -> None:
    rows = json.loads(calcifer("git", "status", "--json").out)
    assert [row["service"] for row in rows] == ["edited", "unseen", "web"]
    assert rows[0]["checkouts"][0]["names"] == ["README.md"]


def test_cli_says_what_there_is_none_of(calcifer: Command, wiring: Wiring) -> None:
    assert "There is no service yet: `calcifer adopt PATH`" in calcifer("git", "status", "--only", "broken").err
    factories.service(wiring)
    told = calcifer("git", "status", "--only", "broken").err
    assert "No repository is 'broken'." in told
    assert "adopt" not in told
