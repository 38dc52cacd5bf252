"""Making the database anew: what is kept, what is carried over, and what the command tells."""

import sqlite3
import subprocess
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import select

from calcifer.accounts.models import BrowserSession, Person, Token
from calcifer.activity.models import Entry
from calcifer.kit.locks import Tenure, WriteLock
from calcifer.rebuild import service
from calcifer.rebuild.service import ServerRuns
from calcifer.services import queries as catalog
from calcifer.services.planning import Wish
from calcifer.services.service import adoption
from calcifer.services.service.scanning import look
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.models import TrustedCommand
from calcifer.work.schemas import NewItem, NewWaiver
from tests.conftest import Run
from tests.owner import OWNER
from tests.rebuild.conftest import Rebuild, Said, delete
from tests.services.repositories import damaged
from tests.work import factories
from tests.work.dying import killed_at
from tests.work.factories import git


@pytest.fixture
def here(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command find this test's workspace."""
    monkeypatch.setenv("CALCIFER_HOME", str(wiring.settings.home))
    monkeypatch.setenv("CALCIFER_DATABASE_URL", wiring.settings.database_url)


def kept(wiring: Wiring) -> list[Path]:
    """The databases that are kept aside."""
    return sorted((wiring.settings.var / "backups").glob("database-*/calcifer.sqlite"))


# -- rule ---------------------------------------------------------------------------------------------------------------


def test_what_git_says_comes_back_without_a_database(wiring: Wiring, web: Path, rebuild: Rebuild, said: Said) -> None:
    factories.completed(wiring)
    factories.ready(wiring, title="Another", content="services: {}\n")
    dropped = factories.opened(wiring, title="Given up")
    with wiring.units.write(OWNER) as uow:
        work.drop(uow, dropped)
    look(wiring.units, OWNER, wiring.settings.home)
    before = said()
    delete(wiring)
    report = rebuild()
    assert (report.services, report.open, report.completed, report.dropped, report.unread) == (1, 1, 1, 1, [])
    if wiring.units.database.is_sqlite:
        assert (report.kept, report.carried) == (None, [])
    assert said() == before


def test_parents_and_waivers_come_back(wiring: Wiring, web: Path, rebuild: Rebuild, said: Said) -> None:
    parent = factories.opened(wiring, title="Both", is_parent=True)
    factories.service(wiring, "other")
    children = [factories.opened(wiring, name, f"Part of {name}", parent=parent) for name in ("web", "other", "web")]
    for number in children[:2]:
        factories.committed(wiring, number)
        factories.finished(wiring, number)
    with wiring.units.write(OWNER) as uow:
        work.waive(uow, children[0], NewWaiver(rule="documentation", reason="It is right."))
        work.drop(uow, children[2])
        for number in (*children[:2], parent):
            work.complete(uow, number)
    factories.opened(wiring, title="Open parent", is_parent=True)
    look(wiring.units, OWNER, wiring.settings.home)
    before = said()
    assert {row["parent_number"] for row in before["work_items"]} == {None, parent}
    assert len(before["work_waivers"]) == 1
    delete(wiring)
    assert rebuild().unread == []
    assert said() == before


def test_what_an_earlier_version_wrote_is_read(wiring: Wiring, web: Path, rebuild: Rebuild, said: Said) -> None:
    number = factories.opened(wiring)
    factories.finished(wiring, number)
    with wiring.units.read(OWNER) as uow:
        revision = queries.get_item(uow.db, number).revision
    ref = f"refs/calcifer/items/{number}"
    text = git(web, "show", f"{ref}:item.md")
    assert f"\nrevision: {revision}\n" in text
    (web / ".git" / "item").write_text(text.replace(f"\nrevision: {revision}\n", "\n"))
    blob = git(web, "hash-object", "-w", ".git/item")
    (web / ".git" / "tree").write_text(f"100644 blob {blob}\titem.md\n")
    with (web / ".git" / "tree").open() as lines:
        tree = subprocess.run(
            ["git", "mktree"], cwd=web, stdin=lines, capture_output=True, text=True, check=True
        ).stdout
    git(web, "update-ref", ref, git(web, "commit-tree", tree.strip(), "-p", f"{ref}~", "-m", "Edit"))
    look(wiring.units, OWNER, wiring.settings.home)
    before = said()
    delete(wiring)
    assert rebuild().unread == []
    assert said() == before


def test_a_broken_descriptor_leaves_the_last_good_one_in_force(
    wiring: Wiring, web: Path, rebuild: Rebuild, said: Said
) -> None:
    file = web / ".calcifer" / "service.yaml"
    file.parent.mkdir()
    for text in ("title: First\n", "title: Second\nkind: network\n", "title: [broken\n"):
        file.write_text(text)
        git(web, "add", ".calcifer")
        git(web, "commit", "-q", "-m", "By hand")
        look(wiring.units, OWNER, wiring.settings.home)
    with wiring.units.write(OWNER) as uow:
        work.find_strays(uow, catalog.get_service(uow.db, "web"))
    before = said()
    assert before["services"][0]["title"] == "Second"
    delete(wiring)
    rebuild()
    assert said() == before


def test_people_and_activity_are_carried_over_and_the_old_database_is_kept(
    wiring: Wiring, web: Path, rebuild: Rebuild
) -> None:
    factories.completed(wiring)
    with wiring.units.write(OWNER) as uow:
        uow.db.add(TrustedCommand(service_id=1, command="true", by="Ada", at=uow.now))
    with wiring.units.read(OWNER) as uow:
        there = [[*uow.db.scalars(select(column))] for column in (Person.mail, Token.digest, Entry.subject)]
    report = rebuild()
    with wiring.units.read(OWNER) as uow:
        here = [[*uow.db.scalars(select(column))] for column in (Person.mail, Token.digest, Entry.subject)]
        assert uow.db.scalars(select(BrowserSession)).one().client == "a test"
        assert uow.db.scalars(select(TrustedCommand)).one().command == "true"
    assert here[:2] == there[:2]
    assert here[2] == [*there[2], "workspace"]
    assert report.carried == ["people", "sessions", "tokens", "activity", "trusted commands"]
    assert [str(path) for path in kept(wiring)] == [report.kept]
    with sqlite3.connect(kept(wiring)[0]) as old:
        assert old.execute("SELECT state, title FROM work_items").fetchall() == [("completed", "Pin nginx")]
    old.close()


def test_work_goes_on_afterwards_with_the_next_number(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    factories.completed(wiring)
    open_one = factories.opened(wiring)
    rebuild()
    factories.committed(wiring, open_one, "new\n", "new.txt")
    factories.finished(wiring, open_one)
    with wiring.units.write(OWNER) as uow:
        assert work.complete(uow, open_one).state == "completed"
    assert factories.opened(wiring) == open_one + 1
    assert git(web, "status", "--porcelain") == ""


def test_a_number_that_git_has_lost_is_not_given_again(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    number = factories.opened(wiring)
    git(web, "update-ref", "-d", f"refs/calcifer/items/{number}")
    report = rebuild()
    assert report.lost == [number]
    assert factories.opened(wiring) == number + 1


def test_a_repository_that_is_gone_or_unreadable_keeps_what_was_known(
    wiring: Wiring, web: Path, rebuild: Rebuild, said: Said
) -> None:
    factories.completed(wiring)
    other = factories.service(wiring, "other")
    factories.ready(wiring, "other", "Another")
    before = said()
    damaged(web)
    other.rename(wiring.settings.home.parent / "moved")
    report = rebuild()
    assert [(one.service, one.place) for one in report.unread] == [("web", str(web))]
    assert {"the service other as it was", "the service web as it was"} <= set(report.carried)
    assert (report.services, report.lost) == (0, [])
    after = said()
    for table in ("services", "work_items", "work_checklist"):
        assert after[table] == before[table]


def test_a_service_elsewhere_is_found_by_the_old_database_or_by_its_path(
    wiring: Wiring, tmp_path: Path, rebuild: Rebuild
) -> None:
    path = factories.service(wiring)
    number = factories.completed(wiring)
    elsewhere = tmp_path / "srv" / "stack"
    elsewhere.parent.mkdir()
    path.rename(elsewhere)
    git(wiring.settings.home, "init", "-q", "unrelated")
    with wiring.units.write(OWNER) as uow:
        catalog.get_service(uow.db, "web").path = str(elsewhere)
    assert rebuild().services == 2
    delete(wiring)
    report = service.rebuild(wiring.settings, OWNER, [elsewhere])
    assert (report.services, report.completed) == (2, 1)
    with wiring.units.read(OWNER) as uow:
        assert (
            queries.get_item(uow.db, number).service.name == "web"
        )  # as it was adopted, not as its directory is called


def test_a_service_adopted_elsewhere_is_found_without_the_database(
    wiring: Wiring, tmp_path: Path, rebuild: Rebuild
) -> None:
    path = tmp_path / "srv" / "stack"
    path.mkdir(parents=True)
    git(path, "init", "-q", "-b", "main")
    git(path, "commit", "-q", "--allow-empty", "-m", "Begin")
    for _ in range(2):
        wish = Wish((str(path),), in_place=True, name="web")
        adoption.carry_out(wiring.units, OWNER, wiring.settings.home, wish)
    delete(wiring)
    assert rebuild().services == 1
    with wiring.units.read(OWNER) as uow:
        assert catalog.get_service(uow.db, "web").path == str(path)
    assert (wiring.settings.var / "outside").read_text() == f"{path}\n"


def test_a_repository_elsewhere_that_was_never_adopted_is_not_taken(
    wiring: Wiring, tmp_path: Path, rebuild: Rebuild
) -> None:
    path = tmp_path / "foreign"
    git(tmp_path, "init", "-q", "foreign")
    report = service.rebuild(wiring.settings, OWNER, [path])
    assert (report.services, [one.place for one in report.unread]) == (0, [str(path)])


def test_a_server_is_not_pulled_from_under(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    held = Tenure(wiring.settings.var / "server.lock")
    assert held.take("process 7 on earth")
    with pytest.raises(ServerRuns, match="process 7 on earth"):
        rebuild()
    held.give()
    assert rebuild().services == 1


def test_no_server_starts_meanwhile_and_no_writer_writes(wiring: Wiring, web: Path) -> None:
    seen = []

    def look_on(step: str) -> None:
        if step in {"built", "kept"}:
            seen.append(wiring.jobs.server() or "")
            with (
                pytest.raises(Exception, match="Another writer"),
                WriteLock(wiring.settings.var / "write.lock", patience_seconds=0),
            ):
                pass

    service.rebuild(wiring.settings, OWNER, on_step=look_on)
    assert ["rebuilds the database" in who for who in seen] == [True, True]


def test_who_had_the_database_open_sees_the_new_one(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    number = factories.opened(wiring)
    with wiring.units.database.writing() as session:
        queries.get_item(session, number).title = "Not in git"
        session.commit()
    rebuild()
    with wiring.units.read(OWNER) as uow:
        assert queries.get_item(uow.db, number).title == "Pin nginx"
    with wiring.units.write(OWNER) as uow:
        work.open(uow, NewItem(title="Next", reason="Because", service="web"))
    with sqlite3.connect(kept(wiring)[0]) as old:
        assert old.execute("SELECT count(*) FROM work_items").fetchall() == [(1,)]
    old.close()


def test_what_a_killed_writer_began_is_finished_first(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    number = factories.ready(wiring)
    killed_at(wiring, "database committed", lambda uow: work.complete(uow, number))
    report = rebuild()
    assert report.completed == 1
    assert git(web, "status", "--porcelain") == ""


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_database_is_kept_and_replaced(wiring: Wiring, web: Path, rebuild: Rebuild, content: bytes) -> None:
    if not wiring.units.database.is_sqlite:
        return
    factories.completed(wiring)
    path = Path(wiring.units.database.url.database or "")
    delete(wiring)
    path.write_bytes(content)
    report = rebuild()
    assert (report.services, report.completed) == (1, 1)
    assert report.carried == []
    if content:
        assert kept(wiring)[0].read_bytes() == content
        assert any("that was there" in one.reason for one in report.unread)


# -- command ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("here")
def test_command(wiring: Wiring, web: Path, calcifer: Run) -> None:
    factories.completed(wiring)
    ran = calcifer("rebuild")
    assert ran.code == 0, ran.err
    assert "1 services; items: 0 open, 1 completed, 0 dropped" in ran.err
    assert str(kept(wiring)[0]) in ran.err
    assert not [file.name for file in wiring.settings.var.glob("calcifer.sqlite*") if file.stat().st_mode & 0o077]
    assert calcifer("rebuild", "--json").json["completed"] == 1
    git(web, "update-ref", "refs/calcifer/items/9", "HEAD")
    ran = calcifer("rebuild")
    assert ran.code == 5
    assert "web: refs/calcifer/items/9: There is no file item.md in it." in ran.err


@pytest.mark.usefixtures("here")
def test_check_changes_nothing_and_tells_what_differs(wiring: Wiring, web: Path, calcifer: Run, said: Said) -> None:
    number = factories.opened(wiring)
    look(wiring.units, OWNER, wiring.settings.home)
    assert calcifer("rebuild", "--check").code == 0
    with wiring.units.database.writing() as session:
        queries.get_item(session, number).title = "Not in git"
        session.commit()
    before = said()
    ran = calcifer("rebuild", "--check", "--json")
    assert ran.code == 5
    assert ran.json == [
        {"what": "item 1", "field": "title", "database": "Not in git", "repositories": "Pin nginx"},
    ]
    assert said() == before
    assert not kept(wiring)
    assert not list(Path(tempfile.gettempdir()).glob("calcifer-check-*"))
