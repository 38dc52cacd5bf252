"""Commits that reach main without an item are found by the job that a scan promises."""

from pathlib import Path

from calcifer.kit.promises import promise
from calcifer.services import service as catalog
from calcifer.wiring import Wiring
from calcifer.work import queries
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
