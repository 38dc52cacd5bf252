"""Hosts come back without a database: what they are meant to be is in git, what was found out is asked anew."""

from collections.abc import Callable

import pytest

from calcifer.hosts import kept, queries, service
from calcifer.hosts.models import Host
from calcifer.kit.git.trees import Blob
from calcifer.rebuild import service as rebuilding
from calcifer.wiring import Wiring, wire
from tests.hosts.conftest import Enrol
from tests.owner import OWNER
from tests.rebuild.conftest import delete

KEPT = ("name", "target", "directory", "note", "key", "pinned_at", "added_at", "replaced_at")


def said(wiring: Wiring) -> list[tuple[object, ...]]:
    """What the database says that hosts are meant to be."""
    with wiring.units.read(OWNER) as uow:
        return [tuple(getattr(host, name) for name in KEPT) for host in queries.list_all(uow.db)]


@pytest.fixture
def before(wiring: Wiring, enrol: Enrol, target: str) -> list[tuple[object, ...]]:
    """Three hosts, one of them replaced."""
    enrol("alpha", target)
    enrol("beta", target.replace("ssh://", "ssh://root@"))
    enrol("here")
    with wiring.units.write(OWNER) as uow:
        service.replace(uow, wiring.settings.var, "alpha", "beta")
    return said(wiring)


def test_they_come_back_and_are_asked_anew(
    wiring: Wiring, before: list[tuple[object, ...]], names: Callable[[], list[str]]
) -> None:
    delete(wiring)
    report = rebuilding.rebuild(wiring.settings, OWNER)
    assert (report.hosts, report.unread) == (3, [])
    again = wire(wiring.settings)
    assert said(again) == before
    again.jobs.run_due()
    with again.units.read(OWNER) as uow:
        assert all(host.checked_at for host in queries.list_present(uow.db))
    again.close()


def test_check_says_where_they_differ(wiring: Wiring, before: list[tuple[object, ...]]) -> None:
    assert rebuilding.check(wiring.settings, OWNER)[0] == []
    with wiring.units.write(OWNER) as uow:
        queries.get_host(uow.db, "alpha").note = "behind our back"
        uow.db.add(Host(name="ghost", added_at=uow.now, facts={}, findings=[]))
    found = rebuilding.check(wiring.settings, OWNER)[0]
    assert {(one.what, one.field) for one in found} == {("host alpha", "note"), ("host ghost", "")}


@pytest.mark.once
@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[1]", b"\xff", b"x" * 50_000, b'{"name": "-oProxyCommand=id"}', b'{"name": "../x", "target": "-o"}'],
)
def test_what_is_no_host_is_told_and_left_out(wiring: Wiring, before: list[tuple[object, ...]], content: bytes) -> None:
    with wiring.units.write(OWNER) as uow:
        repository = uow.refs.open(kept.place(wiring.settings.var))
        old = repository.tip(kept.MAIN)
        tree = repository.edit(old, {"odd.json": Blob(repository.write_blob(content))})
        commit = repository.write_commit(tree, [old] if old else [], "odd\n", OWNER.person, uow.now)
        repository.propose(kept.MAIN, old, commit)
    report = rebuilding.rebuild(wiring.settings, OWNER)
    assert [(one.service, one.place) for one in report.unread] == [("hosts", "odd.json")]
    assert report.hosts == 3
