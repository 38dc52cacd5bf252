"""Deployments are found again in the notes of commits."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calcifer.deployments.queries import runs as queries
from calcifer.deployments.records import NOTES, read
from calcifer.kit.errors import Invalid
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.trees import Blob
from calcifer.rebuild import service as rebuilding
from calcifer.rebuild.differing import snapshot
from calcifer.wiring import Wiring
from tests.deployments.conftest import Deployed
from tests.owner import OWNER
from tests.work.factories import git


def said(wiring: Wiring) -> dict[str, object]:
    with wiring.units.database.looking() as connection:
        return {name: row for name, row in snapshot(connection).items() if name.startswith("deployment ")}


def test_all_that_ended_are_there_again(web: Deployed) -> None:
    web.deploy(reason='The first: it\'s "ours"\nand more')
    web.commit({"web": {"image": "web:2", "x-exit": 3}})
    web.deploy()
    before = said(web.wiring)
    assert set(before) == {"deployment 1", "deployment 2"}
    report = rebuilding.rebuild(web.wiring.settings, OWNER)
    assert (report.deployments, report.unread) == (2, [])
    assert said(web.wiring) == before
    with web.wiring.units.read(OWNER) as uow:
        assert queries.next_number(uow.db) == 3
    assert rebuilding.check(web.wiring.settings, OWNER)[0] == []


ODD = [b"---\n[", b"--- 1\n", b"a: b\n", b"\xff", b"deployment: 1\nkind: deploy\n", b"x" * 3_000_000, b"&a [*a, *a]\n"]


def test_what_is_none_is_told_and_left_out(web: Deployed) -> None:
    done = web.deploy()
    noted(web, "e" * 40, b"")
    for number, content in enumerate(ODD):
        noted(web, f"{number}" * 40, content)
    report = rebuilding.rebuild(web.wiring.settings, OWNER)
    assert report.deployments == 1
    assert [one.place for one in report.unread] == [f"{NOTES} {str(number) * 10}" for number in range(len(ODD))]
    assert list(said(web.wiring)) == [f"deployment {done.id}"]


def noted(web: Deployed, commit: str, content: bytes) -> None:
    """Let a note say something."""
    with web.wiring.units.write(OWNER) as uow:
        repository = uow.refs.open(web.path)
        tip = repository.tip(NOTES)
        tree = repository.edit(tip, {commit: Blob(repository.write_blob(content))})
        made = repository.write_commit(tree, [tip] if tip else [], "odd\n", OWNER.person, uow.now)
        repository.propose(NOTES, tip, made)


def test_a_number_that_is_there_twice_counts_once(web: Deployed) -> None:
    done = web.deploy()
    text = Repository(web.path).read(web.tip(NOTES), f"{done.commit[:2]}/{done.commit[2:]}") or b""
    other = web.commit()
    noted(web, other, text.replace(done.commit.encode(), other.encode()))
    report = rebuilding.rebuild(web.wiring.settings, OWNER)
    assert report.deployments == 1
    assert [one.reason for one in report.unread] == [f"There is a deployment {done.id} already."]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300))
def test_whatever_a_note_holds_reading_it_ends(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("notes")
    git(path, "init", "-q")
    repository = Repository(path)
    tree = repository.edit(None, {"f" * 40: Blob(repository.write_blob(content))})
    made = repository.write_commit(tree, [], "odd\n", OWNER.person, datetime.now(UTC))
    repository.note(NOTES, made)
    for _, one in read(repository):
        assert isinstance(one, Invalid)
