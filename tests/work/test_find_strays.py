"""Commits that reach main without an item are found by the job that a scan promises."""

from pathlib import Path

from calcifer.kit.promises import promise
from calcifer.services import queries as services
from calcifer.services import service as catalog
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.schemas import Claim
from tests.owner import OWNER
from tests.work import factories


def test_the_job_lists_what_was_committed_by_hand(wiring: Wiring, web: Path) -> None:
    factories.completed(wiring)
    factories.git(web, "commit", "-q", "--allow-empty", "-m", "By hand")
    with wiring.units.write(OWNER) as uow:
        promise(uow, "work.find_strays", "web")
        promised = list(uow.jobs)
    (ended,) = wiring.jobs.run(promised)
    assert ended.result == {"found": 1}
    with wiring.units.read(OWNER) as uow:
        assert [stray.subject for stray in queries.list_strays(uow.db)] == ["By hand"]


def test_what_was_there_at_adoption_needs_no_item(wiring: Wiring, web: Path) -> None:
    factories.git(web, "commit", "-q", "--allow-empty", "-m", "By hand")
    again = wiring.settings.home / "late"
    web.rename(again)
    with wiring.units.write(OWNER) as uow:
        catalog.register(uow, again)
        promise(uow, "work.find_strays", "late")
        promised = list(uow.jobs)
    (ended,) = wiring.jobs.run(promised)
    assert ended.result == {"found": 0}


def test_a_completion_on_top_does_not_hide_it(wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring)
    factories.git(web, "commit", "-q", "--allow-empty", "-m", "By hand")
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
        promised = list(uow.jobs)
    (ended,) = wiring.jobs.run(promised)
    assert ended.result == {"found": 1}
    with wiring.units.read(OWNER) as uow:
        assert [stray.subject for stray in queries.list_strays(uow.db)] == ["By hand"]


def test_a_baseline_that_was_rewritten_and_pruned(wiring: Wiring, web: Path) -> None:
    factories.git(web, "commit", "-q", "--amend", "-m", "Begin otherwise")
    factories.git(web, "reflog", "expire", "--expire=now", "--all")
    factories.git(web, "gc", "-q", "--prune=now")
    with wiring.units.write(OWNER) as uow:
        assert work.find_strays(uow, services.get_service(uow.db, "web")) == 1


def find(wiring: Wiring) -> list[str]:
    """Look for strays of web; return the subjects of those that wait."""
    with wiring.units.write(OWNER) as uow:
        work.find_strays(uow, services.get_service(uow.db, "web"))
    with wiring.units.read(OWNER) as uow:
        return [stray.subject for stray in queries.list_strays(uow.db)]


def test_what_main_was_reset_away_from_goes_from_the_list(wiring: Wiring, web: Path) -> None:
    factories.git(web, "commit", "-q", "--allow-empty", "-m", "Kept")
    factories.git(web, "commit", "-q", "--allow-empty", "-m", "By mistake")
    assert set(find(wiring)) == {"Kept", "By mistake"}
    factories.git(web, "reset", "-q", "--hard", "HEAD~1")
    assert find(wiring) == ["Kept"]
    factories.git(web, "reset", "-q", "--hard", "HEAD~1")
    factories.git(web, "reflog", "expire", "--expire=now", "--all")
    factories.git(web, "gc", "-q", "--prune=now")
    assert find(wiring) == []


def test_what_an_item_answers_for_stays_with_it(wiring: Wiring, web: Path) -> None:
    factories.git(web, "commit", "-q", "--allow-empty", "-m", "By hand")
    by_hand = factories.git(web, "rev-parse", "HEAD")
    find(wiring)
    with wiring.units.write(OWNER) as uow:
        number = work.claim(uow, Claim(service="web", reason="It was urgent.")).number
    factories.git(web, "reset", "-q", "--hard", "HEAD~1")
    find(wiring)
    with wiring.units.read(OWNER) as uow:
        assert queries.list_answered(uow.db, number) == [by_hand]
