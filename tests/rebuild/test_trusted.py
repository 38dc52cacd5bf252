"""Which records are believed: those that a completion brought onto main, as it brought them."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.branches import record_path
from calcifer.work.records import Record, render
from tests.owner import OWNER
from tests.rebuild.conftest import Rebuild, delete
from tests.work import factories
from tests.work.factories import git

AT = datetime(2026, 1, 31, tzinfo=UTC)


def record(number: int, **more: object) -> Record:
    """A record of a completed item that never was."""
    own = {
        "number": number, "title": "Forged", "reason": "Why not", "category": "service", "action": "change",
        "service": "web", "state": "completed", "author": "Eve", "author_mail": "eve@example.org", "opened_at": AT,
        "updated_at": AT, "branch": f"work/{number}-forged", "completed_at": AT, "completed_by": "Eve",
    }  # fmt: skip
    return Record(**(own | more))  # type: ignore[arg-type]


def put(path: Path, made: Record) -> None:
    """Write and stage a record."""
    file = path / record_path(made.number, made.title)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(render(made))
    git(path, "add", str(file))


def message(made: Record) -> str:
    """What a completion of the item would say."""
    return f"{made.kind}: {made.title} (#{made.number})\n\n{made.reason}\n\nWork-Item: {made.number}\n"


def test_a_stray_commit_makes_no_item(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    put(web, record(7))
    git(web, "commit", "-q", "-m", message(record(7)))
    report = rebuild()
    assert (report.completed, report.strays, report.unread) == (0, 1, [])


def test_a_branch_that_was_merged_by_hand_makes_no_item(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    git(web, "switch", "-q", "-c", "work/7-forged")
    (web / "file").write_text("x")
    git(web, "add", "file")
    put(web, record(7))
    git(web, "commit", "-q", "-m", "Forge")
    git(web, "switch", "-q", "main")
    git(web, "merge", "-q", "--no-ff", "-m", message(record(7)), "work/7-forged")
    report = rebuild()
    assert (report.completed, report.strays, report.unread) == (0, 1, [])


def test_neither_does_one_with_the_record_of_a_parent_beside_something(
    wiring: Wiring, web: Path, rebuild: Rebuild
) -> None:
    git(web, "switch", "-q", "-c", "side")
    (web / "file").write_text("x")
    git(web, "add", "file")
    put(web, record(7, is_parent=True, branch=None))
    git(web, "commit", "-q", "-m", "Forge")
    git(web, "switch", "-q", "main")
    git(web, "merge", "-q", "--no-ff", "-m", message(record(7)), "side")
    assert rebuild().completed == 0


def test_what_was_done_to_a_record_afterwards_does_not_count(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    number = factories.completed(wiring)
    other = factories.completed(wiring, title="Other", content="services: {web: {image: caddy}}\n")
    (web / record_path(number, "Pin nginx")).write_text(render(record(number)))
    (web / record_path(other, "Other")).unlink()
    git(web, "commit", "-q", "-a", "-m", "Rewrite history")
    delete(wiring)
    report = rebuild()
    assert (report.completed, report.strays, report.unread) == (2, 1, [])
    with wiring.units.read(OWNER) as uow:
        assert [queries.get_item(uow.db, n).title for n in (number, other)] == ["Pin nginx", "Other"]
        assert queries.next_number(uow.db) == other + 1


def test_a_planted_file_in_the_place_of_a_record_changes_nothing(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    number = factories.ready(wiring)
    put(web, record(number, title="Pin nginx"))
    git(web, "commit", "-q", "-m", "Plant")
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    delete(wiring)
    assert rebuild().completed == 1
    with wiring.units.read(OWNER) as uow:
        assert queries.get_item(uow.db, number).author == OWNER.name


@pytest.mark.parametrize("way", ["record of a parent", "other number", "open state", "octopus"])
def test_a_merge_whose_record_does_not_fit_is_told_or_left(
    wiring: Wiring, web: Path, rebuild: Rebuild, way: str
) -> None:
    main = git(web, "rev-parse", "main")
    side = git(web, "commit-tree", "main^{tree}", "-p", "main", "-m", "Side")
    made = {
        "record of a parent": record(7, is_parent=True, branch=None),
        "other number": record(8),
        "open state": record(7, state="open", completed_at=None),
        "octopus": record(7),
    }[way]
    file = web / record_path(7, made.title)
    file.parent.mkdir(parents=True)
    file.write_text(render(made))
    git(web, "add", ".calcifer")
    tree = git(web, "write-tree")
    parents = ["-p", main, "-p", side, *(["-p", git(web, "commit-tree", tree, "-m", "x")] if way == "octopus" else [])]
    merge = git(web, "commit-tree", tree, *parents, "-m", message(record(7)))
    git(web, "update-ref", "refs/heads/main", merge)
    report = rebuild()
    assert report.completed == 0
    assert [one.place for one in report.unread] == (
        [] if way == "octopus" else [f".calcifer/work/0007-forged.md in {merge[:12]}"]
    )


def test_commits_since_adoption_are_strays_again_and_those_before_are_not(
    wiring: Wiring, web: Path, rebuild: Rebuild
) -> None:
    git(web, "commit", "-q", "--allow-empty", "-m", "By hand")
    delete(wiring)
    assert rebuild().strays == 1
    with wiring.units.read(OWNER) as uow:
        (stray,) = queries.list_strays(uow.db)
        assert (stray.subject, stray.service.baseline) == ("By hand", git(web, "rev-parse", "main~"))


def test_a_clone_without_our_refs_gives_its_completed_items(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    number = factories.completed(wiring)
    git(web, "commit", "-q", "--allow-empty", "-m", "By hand")
    other = factories.completed(wiring, title="Other", content="services: {web: {image: caddy}}\n")
    web.rename(wiring.settings.home.parent / "lost")
    git(wiring.settings.home, "clone", "-q", str(wiring.settings.home.parent / "lost"), "web")
    delete(wiring)
    report = rebuild()
    assert (report.completed, report.strays, report.unread) == (2, 1, [])
    with wiring.units.read(OWNER) as uow:
        assert queries.get_item(uow.db, number).service.baseline == git(web, "rev-list", "--max-parents=0", "main")
        assert queries.next_number(uow.db) == other + 1


def test_a_shallow_clone_gives_what_is_in_it(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    factories.completed(wiring)
    factories.completed(wiring, title="Other", content="services: {web: {image: caddy}}\n")
    web.rename(wiring.settings.home.parent / "lost")
    source = f"file://{wiring.settings.home.parent / 'lost'}"
    git(wiring.settings.home, "clone", "-q", "--depth", "2", source, "web")
    delete(wiring)
    assert rebuild().completed >= 1


def test_of_two_services_with_one_number_what_was_done_here_stays(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    number = factories.completed(wiring)
    copy = wiring.settings.home / "copy"
    subprocess.run(["git", "clone", "-q", str(web), str(copy)], check=True)
    factories.register(wiring, copy)
    delete(wiring)
    report = rebuild()
    assert (report.services, report.completed) == (2, 1)
    (told,) = report.unread
    assert told.service == "copy"
    assert f"#{number} is an item of web" in told.reason
