"""Scanning brings the catalog up to what lies in the workspace."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.activity.models import Entry
from calcifer.kit.errors import NotFound, Unavailable
from calcifer.kit.promises import list_jobs
from calcifer.kit.uow import Actor
from calcifer.services import queries, service
from calcifer.services.models import Service
from calcifer.services.service.scanning import Report, get_scan, look
from calcifer.wiring import Wiring
from tests.conftest import Git, Ran
from tests.pace import at_most

Scan = Callable[[], Report]


@pytest.fixture
def scan(wiring: Wiring, actor: Actor, home: Path) -> Scan:
    """Scan the workspace."""
    return lambda: look(wiring.units, actor, home)


@pytest.fixture
def make(home: Path, git: Git) -> Callable[[str], Path]:
    """Make a repository with one commit in the workspace."""

    def made(name: str) -> Path:
        path = home / name
        git(home, "init", "-q", "-b", "main", name)
        (path / "README.md").write_text(f"# Title of {name}\n")
        git(path, "add", ".")
        git(path, "commit", "-qm", "Begin")
        return path

    return made


Make = Callable[[str], Path]


def row(wiring: Wiring, name: str) -> Service:
    """The service as it is stored."""
    with wiring.units.database.reading() as session:
        found = queries.get_service(session, name)
        session.expunge(found)
        return found


def strays_promised(wiring: Wiring) -> list[str]:
    """The services for which looking for strays is promised."""
    with wiring.units.database.reading() as session:
        return [job.subject for job in list_jobs(session, prefix="work.find_strays")]


# -- rule -------------------------------------------------------------------------------------------------------------


def test_repositories_of_the_workspace_become_services(
    wiring: Wiring, scan: Scan, make: Make, home: Path, git: Git
) -> None:
    make("web")
    make("db")
    (home / "notes").mkdir()
    (home / "file").write_text("x")
    git(home / "web", "worktree", "add", "-q", str(home / "tree"))
    (home / "linked").symlink_to(home / "web")
    make(".hidden")
    report = scan()
    assert (report.new, report.changed, report.failed, report.unchanged) == (["db", "web"], [], [], 0)
    assert row(wiring, "web").title == "Title of web"
    again = scan()
    assert (again.new, again.changed, again.unchanged) == ([], [], 2)


def test_a_changed_one_is_read_again_and_strays_are_looked_for(
    wiring: Wiring, scan: Scan, make: Make, git: Git
) -> None:
    path = make("web")
    make("db")
    scan()
    assert strays_promised(wiring) == []
    (path / "compose.yaml").write_text("services: {web: {image: nginx}}")
    git(path, "add", ".")
    git(path, "commit", "-qm", "By hand")
    report = scan()
    assert (report.changed, report.unchanged) == (["web"], 1)
    assert row(wiring, "web").facts["containers"]["web"]["image"] == "nginx"
    assert row(wiring, "web").baseline == git(path, "rev-parse", "HEAD~")
    assert strays_promised(wiring) == ["web"]


def test_a_new_item_ref_raises_the_highest_number(wiring: Wiring, scan: Scan, make: Make, git: Git) -> None:
    path = make("web")
    scan()
    git(path, "update-ref", "refs/calcifer/items/12", "HEAD")
    assert scan().changed == ["web"]
    assert row(wiring, "web").highest_number == 12
    assert strays_promised(wiring) == []
    git(path, "update-ref", "-d", "refs/calcifer/items/12")
    assert scan().changed == []
    assert row(wiring, "web").highest_number == 12


def test_a_missing_one_keeps_its_row_and_comes_back(wiring: Wiring, scan: Scan, make: Make, home: Path) -> None:
    path = make("web")
    scan()
    path.rename(home.parent / "elsewhere")
    assert scan().missing == ["web"]
    since = row(wiring, "web").missing_since
    assert since is not None
    assert scan().missing == ["web"]
    assert row(wiring, "web").missing_since == since
    (home.parent / "elsewhere").rename(path)
    assert scan().changed == ["web"]
    assert row(wiring, "web").missing_since is None


def test_an_unreadable_one_is_not_a_missing_one(wiring: Wiring, scan: Scan, make: Make) -> None:
    path = make("web")
    make("db")
    scan()
    (path / ".git" / "config").write_text("[broken")
    report = scan()
    assert report.missing == []
    assert [name for name, _ in report.failed] == ["web"]
    assert "cannot be read" in report.failed[0][1]
    assert row(wiring, "web").missing_since is None
    assert report.unchanged == 1


def test_a_damaged_one_leaves_its_row_as_it_was(wiring: Wiring, scan: Scan, make: Make, git: Git) -> None:
    path = make("web")
    scan()
    before = row(wiring, "web")
    (path / "new").write_text("x")
    git(path, "add", ".")
    git(path, "commit", "-qm", "More")
    tree = git(path, "rev-parse", "HEAD^{tree}")
    (path / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    make("db")
    report = scan()
    assert [name for name, _ in report.failed] == ["web"]
    assert report.new == ["db"]
    after = row(wiring, "web")
    assert (after.head, after.facts, after.title) == (before.head, before.facts, before.title)
    assert strays_promised(wiring) == []


def test_a_taken_name_is_told_and_keeps_no_other_out(wiring: Wiring, scan: Scan, make: Make, home: Path) -> None:
    make("web")
    scan()
    make("Web")
    make("zoo")
    report = scan()
    assert report.new == ["zoo"]
    assert report.failed == [
        ("Web", f"There is a service 'web' already, at {home / 'web'}."),
    ]


def test_a_repository_without_commits_begins_with_its_first(wiring: Wiring, scan: Scan, home: Path, git: Git) -> None:
    git(home, "init", "-q", "-b", "trunk", "empty")
    assert scan().new == ["empty"]
    assert scan().unchanged == 1
    git(home / "empty", "commit", "-q", "--allow-empty", "-m", "Begin")
    assert scan().changed == ["empty"]
    found = row(wiring, "empty")
    assert found.head == found.baseline == git(home / "empty", "rev-parse", "HEAD")
    assert strays_promised(wiring) == []


def test_a_broken_descriptor_leaves_the_last_good_one_in_force(
    wiring: Wiring, scan: Scan, make: Make, git: Git
) -> None:
    path = make("web")
    (path / ".calcifer").mkdir()
    for text in ("title: Good\nkind: network\ndepends_on: [db]\n", "title: Bad\nkind: [x\n"):
        (path / ".calcifer" / "service.yaml").write_text(text)
        git(path, "add", ".")
        git(path, "commit", "-qm", "Describe")
        scan()
    found = row(wiring, "web")
    assert (found.title, found.kind, found.descriptor_source) == ("Good", "network", "service.yaml")
    assert found.descriptor_error is not None
    assert found.descriptor_error.startswith(".calcifer/service.yaml, line ")
    with wiring.units.database.reading() as session:
        assert [one.name for one in queries.list_dependencies(session, found.id)] == ["db"]
    (path / ".calcifer" / "service.yaml").write_text("title: Mended\n")
    git(path, "commit", "-qam", "Mend")
    scan()
    found = row(wiring, "web")
    assert (found.title, found.kind, found.descriptor_error) == ("Mended", "application", None)
    with wiring.units.database.reading() as session:
        assert queries.list_dependencies(session, found.id) == []


def test_one_that_is_broken_from_the_beginning_is_derived(wiring: Wiring, scan: Scan, make: Make, git: Git) -> None:
    path = make("web")
    (path / ".calcifer").mkdir()
    (path / ".calcifer" / "service.yaml").write_text("[")
    git(path, "add", ".")
    git(path, "commit", "-qm", "Describe")
    scan()
    found = row(wiring, "web")
    assert found.title == "Title of web"
    assert found.descriptor_error is not None


def test_a_workspace_that_is_not_there_is_unavailable(wiring: Wiring, actor: Actor, home: Path) -> None:
    with pytest.raises(Unavailable):
        look(wiring.units, actor, home / "nothing")


def test_a_stranger_may_not(wiring: Wiring, home: Path) -> None:
    nobody = Actor("", "", "nobody")
    with pytest.raises(NotAllowed):
        look(wiring.units, nobody, home)
    with pytest.raises(NotAllowed), wiring.units.write(nobody) as uow:
        service.scan(uow)


def test_the_job_does_what_was_promised(wiring: Wiring, actor: Actor, make: Make) -> None:
    make("web")
    with wiring.units.write(actor) as uow:
        promised = service.scan(uow)
        assert service.scan(uow) is promised
    ended = wiring.jobs.run([promised.id])
    assert [job.result and job.result["new"] for job in ended] == [["web"]]
    with wiring.units.read(actor) as uow:
        assert get_scan(uow, promised.id).finished
        verbs = list(uow.db.scalars(select(Entry.verb).order_by(Entry.id)))
        assert verbs.count("services.scan") == 2
        with pytest.raises(NotFound):
            get_scan(uow, promised.id + 1000)


@pytest.mark.slow
@pytest.mark.once
def test_a_thousand_repositories_take_seconds(wiring: Wiring, scan: Scan, make: Make, home: Path) -> None:
    made = make("s0000")
    for number in range(1, 1000):
        shutil.copytree(made, home / f"s{number:04d}", ignore=shutil.ignore_patterns("hooks", "*.sample"))
    with at_most(60):
        assert len(scan().new) == 1000
    with at_most(5):
        assert scan().unchanged == 1000


def waited(api: TestClient, wiring: Wiring, job_id: int) -> dict[str, Any]:
    """Run what was promised, and return how the API says that it went."""
    wiring.jobs.run([job_id], lambda _: None)
    told: dict[str, Any] = api.get(f"/api/v1/services/scans/{job_id}").json()
    return told


def test_page_promises_and_shows_how_it_went(client: TestClient, api: TestClient, wiring: Wiring, make: Make) -> None:
    make("wiki")
    shown = client.post("/services/scan")
    assert shown.status_code == 200
    number = int(shown.url.path.rpartition("/")[2])
    assert waited(api, wiring, number)["new"] == ["wiki"]
    ended = client.get(shown.url.path).text
    assert 'href="/services/wiki"' in ended
    assert "1 new" in ended


def test_api_promises(api: TestClient, wiring: Wiring) -> None:
    answer = api.post("/api/v1/services/scan")
    assert answer.status_code == 202
    assert waited(api, wiring, answer.json()["id"])["state"] == "done"


def test_an_unknown_scan_is_not_found(client: TestClient, api: TestClient) -> None:
    assert client.get("/services/scans/7").status_code == 404
    assert api.get("/api/v1/services/scans/7").status_code == 404
    assert api.get("/api/v1/services/scans/x").status_code == 422


def test_commands_wait(calcifer: Callable[..., Ran], make: Make) -> None:
    make("wiki")
    ran = calcifer("init")
    assert (ran.code, ran.out) == (0, "new\twiki\n"), ran.err
    told = json.loads(calcifer("scan", "--json").out)
    assert (told["new"], told["unchanged"]) == ([], 1)
    assert "1 as before." in calcifer("services", "scan").err


def test_command_says_where_the_way_out_of_what_cannot_be_read_stands(
    calcifer: Callable[..., Ran], home: Path, git: Git
) -> None:
    git(home, "init", "-q", "--object-format=sha256", "odd")
    ran = calcifer("scan")
    assert ran.code == 5
    assert "odd names its objects by SHA-256" in ran.err
    assert "calcifer doctor --no-fsck" in ran.err
