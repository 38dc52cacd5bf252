"""Commits that reach main without an item are of the services whose files they change; one item answers for each."""

from pathlib import Path

import pytest

from calcifer.services import queries as catalog
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.schemas import Claim
from tests.conftest import Git, Run
from tests.folders.conftest import NAMES, Adopting, completed
from tests.owner import OWNER
from tests.services.samples import stack


@pytest.fixture(autouse=True)
def used(stacks: Path) -> None:
    """Every test here has the three services."""


def by_hand(git: Git, path: Path, *files: str) -> str:
    for file in files:
        (path / file).write_text("by hand\n")
    git(path, "add", "-A")
    git(path, "commit", "-qm", f"By hand: {' '.join(files)}")
    return git(path, "rev-parse", "HEAD")


def waiting(wiring: Wiring, calcifer: Run) -> dict[str, list[str]]:
    assert calcifer("scan").code == 0
    wiring.jobs.run_due()
    found: dict[str, list[str]] = {}
    with wiring.units.read(OWNER) as uow:
        for stray in queries.list_strays(uow.db):
            found.setdefault(stray.service.name, []).append(stray.subject.removeprefix("By hand: "))
    return found


def test_each_is_of_the_services_whose_files_it_changes(stacks: Path, wiring: Wiring, calcifer: Run, git: Git) -> None:
    by_hand(git, stacks, "web/new")
    by_hand(git, stacks, "web/other", "media/other")
    found = waiting(wiring, calcifer)
    assert (set(found), set(found["web"])) == ({"web", "media"}, {"web/other media/other", "web/new"})
    assert found["media"] == ["web/other media/other"]


def test_completions_of_others_are_none(stacks: Path, wiring: Wiring, calcifer: Run, git: Git) -> None:
    for name in NAMES:
        completed(wiring, name, **{"common.env.example": f"{name}\n"})
    by_hand(git, stacks, "db/new")
    assert waiting(wiring, calcifer) == {"db": ["db/new"]}


def test_what_belongs_to_no_service_waits_at_all_of_them(stacks: Path, wiring: Wiring, calcifer: Run, git: Git) -> None:
    by_hand(git, stacks, "common.env.example")
    assert waiting(wiring, calcifer) == {name: ["common.env.example"] for name in NAMES}


def test_what_belongs_to_no_folder_is_of_the_rest(
    stacks: Path, wiring: Wiring, adopt: Adopting, calcifer: Run, git: Git
) -> None:
    assert adopt(stacks, only=("stacks",)).adopted == ["stacks"]
    by_hand(git, stacks, "common.env.example")
    by_hand(git, stacks, "web/new")
    assert waiting(wiring, calcifer) == {"stacks": ["common.env.example"], "web": ["web/new"]}


def test_an_adoption_is_none_of_the_others(
    stacks: Path, wiring: Wiring, adopt: Adopting, calcifer: Run, git: Git
) -> None:
    adopt(stacks, only=("stacks",))
    stack(stacks / "extra")
    by_hand(git, stacks, "extra/new")
    adopt(stacks, only=("extra",))
    assert waiting(wiring, calcifer) == {}  # what extra had at its adoption was there before


def test_one_item_answers_for_it_everywhere(stacks: Path, wiring: Wiring, calcifer: Run, git: Git) -> None:
    oid = by_hand(git, stacks, "web/new", "media/new")
    assert set(waiting(wiring, calcifer)) == {"web", "media"}
    with wiring.units.write(OWNER) as uow:
        number = work.claim(uow, Claim(service="web", reason="It was urgent.")).number
    assert waiting(wiring, calcifer) == {}
    with wiring.units.write(OWNER) as uow:
        work.find_strays(uow, catalog.get_service(uow.db, "media"))
        for line in range(1, len(queries.get_item(uow.db, number).checklist) + 1):
            work.tick(uow, number, line)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert waiting(wiring, calcifer) == {}
    assert oid in (stacks / ".calcifer" / "work" / f"{number:04d}-by-hand-web-new-media-new.md").read_text()
