"""What makes its author root on a host goes in once the host's owner has approved exactly that."""

from pathlib import Path

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient

from calcifer.accounts.models import Person
from calcifer.accounts.permissions import NotAllowed
from calcifer.hosts.models import Host
from calcifer.hosts.naming import STACKS
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.uow import Actor
from calcifer.rebuild import service as rebuilding
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.errors import GateClosed
from calcifer.work.schemas import NewChange, NewWaiver, ReachDecision, ReachOut
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories

BOB, EVE = Actor("Bob", "bob@example.org", "member", 2), Actor("Eve", "eve@example.org", "member", 3)
ROOT = factories.COMPOSE.replace("    ports", "    privileged: true\n    ports")
TARGETS = {".calcifer/service.yaml": "targets: [{host: alpha}]\n"}


@pytest.fixture
def web(wiring: Wiring) -> Path:
    """A service on the host alpha, which is Bob's."""
    with wiring.units.write(OWNER) as uow:
        for one in (BOB, EVE):
            values = {"id": one.person_id, "name": one.name, "mail": one.mail, "role": one.role, "created_at": uow.now}
            uow.db.execute(insert(Person).values(password_hash="", **values))
        uow.db.add(
            Host(name="alpha", target="nas", directory=STACKS, added_at=uow.now, owner=BOB.mail, owner_id=BOB.person_id)
        )
    return factories.service(wiring, files=TARGETS)


def reach(wiring: Wiring, number: int) -> ReachOut:
    with wiring.units.read(OWNER) as uow:
        return work.reach(uow, number)


def approve(wiring: Wiring, number: int, actor: Actor, digest: str = "", host: str | None = None) -> None:
    """Approve what an item reaches, as it is."""
    decision = ReachDecision(digest=digest or reach(wiring, number).digest, host=host)
    with wiring.units.write(actor) as uow:
        work.approve_reach(uow, number, decision)


def complete(wiring: Wiring, number: int) -> None:
    with wiring.units.write(EVE) as uow:
        work.complete(uow, number)


def test_the_owner_of_the_host_decides(wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring, content=ROOT)
    with pytest.raises(GateClosed, match="root on alpha, and the host's owner has not approved it: web is privileged"):
        complete(wiring, number)
    with pytest.raises(NotAllowed, match=r"bob@example.org decides what may reach alpha"):
        approve(wiring, number, EVE)
    with pytest.raises(NotAllowed):  # the address alone is not the account
        approve(wiring, number, Actor("Bob", BOB.mail, "member", EVE.person_id))
    approve(wiring, number, BOB)
    complete(wiring, number)
    (record,) = (web / ".calcifer/work").iterdir()
    assert "What it reaches of alpha was approved by Bob" in record.read_text()
    assert "  - web is privileged (" in record.read_text()


def test_an_owner_of_the_workspace_always_may(wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring, content=ROOT)
    approve(wiring, number, OWNER)
    complete(wiring, number)


def test_nobody_lets_it_pass_by_a_waiver(wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring, content=ROOT)
    with pytest.raises(Conflict, match="cannot be waived"), wiring.units.write(EVE) as uow:
        work.waive(uow, number, NewWaiver(rule="host_reach", reason="It is night."))


def test_is_void_once_it_reaches_something_else_and_stays_otherwise(wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring, content=ROOT)
    approve(wiring, number, BOB)
    factories.committed(wiring, number, ROOT + "    pid: host\n")
    with pytest.raises(GateClosed, match="web has pid: host"):
        complete(wiring, number)
    factories.committed(wiring, number, ROOT.replace("1.25", "1.27"))
    complete(wiring, number)
    later = factories.ready(wiring, content=ROOT.replace("1.25", "1.28"))
    complete(wiring, later)


def test_only_what_was_read_is_approved(wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring, content=ROOT)
    before = reach(wiring, number).digest
    factories.committed(wiring, number, ROOT + "    pid: host\n")
    with pytest.raises(Conflict, match="it has changed since"):
        approve(wiring, number, BOB, before)
    with pytest.raises(Invalid, match="reaches nothing of 'beta'"):
        approve(wiring, number, BOB, host="beta")
    harmless = factories.ready(wiring)
    with pytest.raises(Conflict, match="there is nothing to approve"):
        approve(wiring, harmless, BOB, before)


def test_the_express_lane_says_what_it_needs(wiring: Wiring, web: Path, calcifer: Run) -> None:
    (web / "docker-compose.yml").write_text(ROOT)
    held = calcifer("change", "web", "-m", "It needs that.")
    assert held.code == 5
    assert "root on alpha" in held.err
    assert "calcifer work approve-reach 1" in held.err
    assert reach(wiring, 1).approved == {"alpha": None}
    calcifer("work", "drop", 1)
    (web / "docker-compose.yml").write_text(ROOT + "    pid: host\n")
    done = calcifer("change", "web", "-m", "It needs that.", "--approve-reach")
    assert done.code == 0
    assert "web has pid: host" in done.err


def test_in_one_step_under_solo_alone(wiring: Wiring, web: Path) -> None:
    new = {"service": "web", "reason": "It needs that.", "approve_reach": True}
    new["files"] = [{"path": "docker-compose.yml", "content": ROOT}]
    with wiring.units.write(EVE) as uow:  # alpha is not hers
        assert work.change(uow, NewChange.model_validate(new))[0].state == "open"
    with wiring.units.write(BOB) as uow:
        assert work.change(uow, NewChange.model_validate(new))[0].state == "completed"
    strict = [{"path": ".calcifer/service.yaml", "content": TARGETS[".calcifer/service.yaml"] + "policy: team\n"}]
    with wiring.units.write(BOB) as uow:
        assert work.change(uow, NewChange.model_validate(new | {"files": strict}))[0].state == "completed"
    more = [{"path": "docker-compose.yml", "content": ROOT + "    pid: host\n"}]
    with wiring.units.write(BOB) as uow:
        assert work.change(uow, NewChange.model_validate(new | {"files": more}))[0].state == "open"


def test_page_api_and_command(client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path) -> None:
    number = factories.ready(wiring, content=ROOT)
    assert "Approve it for alpha" in client.get(f"/work/{number}").text
    found = api.get(f"/api/v1/work/{number}/reach").json()
    assert found["facts"] == ["web is privileged (it has every right and device of the host)"]
    assert api.post(f"/api/v1/work/{number}/approve_reach", json={"digest": "0" * 64}).status_code == 409
    assert client.post(f"/work/{number}/approve_reach", data={"digest": "no"}).status_code == 422
    wanted = {"digest": found["digest"], "host": "alpha"}
    assert "bound to exactly this" in client.post(f"/work/{number}/approve_reach", data=wanted).text
    assert api.post(f"/api/v1/work/{number}/approve_reach", json=wanted).json()["can_complete"]
    assert calcifer("work", "reach", number, "--json").json["approved"] == {"alpha": OWNER.name}
    assert "- alpha: approved by Ada Lovelace" in calcifer("work", "reach", number).out
    done = calcifer("work", "approve-reach", number, "--digest", found["digest"], "--json")
    assert (done.code, done.json["number"]) == (0, number)
    factories.committed(wiring, number, factories.COMPOSE)
    assert "reaches nothing" in calcifer("work", "reach", number).out
    assert calcifer("work", "approve-reach", number).code == 5


@pytest.mark.once
def test_a_rebuild_restores_it(wiring: Wiring, web: Path) -> None:
    done, waiting = factories.ready(wiring, content=ROOT), factories.ready(wiring, content=ROOT + "    pid: host\n")
    for number in (done, waiting):
        approve(wiring, number, BOB)
    complete(wiring, done)
    found, _ = rebuilding.check(wiring.settings, OWNER)
    assert [one for one in found if not one.what.startswith("host ")] == []
    wiring.close()
    (wiring.settings.var / "calcifer.sqlite").unlink()
    rebuilding.rebuild(wiring.settings, OWNER)
    assert rebuilding.check(wiring.settings, OWNER)[0] == []
