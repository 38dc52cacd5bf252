"""A rule is let through for one commit, with a reason."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.uow import UnitOfWork
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.models import Item
from calcifer.work.rules import Verdict
from calcifer.work.schemas import NewWaiver
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories


def test_a_new_commit_voids_it(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    factories.committed(wiring, number)
    with wiring.units.write(OWNER) as uow:
        work.waive(uow, number, NewWaiver(rule="checklist", reason="Night shift"))
        assert verdict(work.judge(uow, get(uow, number)), "checklist") == "waived"
    factories.committed(wiring, number, "more\n", path="more.txt")
    with wiring.units.write(OWNER) as uow:
        assert verdict(work.judge(uow, get(uow, number)), "checklist") == "fail"


def get(uow: UnitOfWork, number: int) -> Item:
    """Read an item."""
    return queries.get_item(uow.db, number)


def verdict(verdicts: list[Verdict], rule: str) -> str:
    """Find what a rule says."""
    return next(verdict.state for verdict in verdicts if verdict.rule == rule)


def test_it_is_part_of_the_record(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    factories.committed(wiring, number)
    with wiring.units.write(OWNER) as uow:
        for rule in ("checklist", "notes", "documentation"):
            work.waive(uow, number, NewWaiver(rule=rule, reason="Night shift"))
        work.complete(uow, number)
    (record,) = (web / ".calcifer" / "work").iterdir()
    assert "checklist was waived by Ada Lovelace" in record.read_text()


def test_what_would_lose_something_is_never_waived(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    for rule in ("merge", "checkout", "commits", "records"):
        with pytest.raises(Conflict, match="cannot be waived"), wiring.units.write(OWNER) as uow:
            work.waive(uow, number, NewWaiver(rule=rule, reason="Please"))
    with pytest.raises(Invalid, match="no rule"), wiring.units.write(OWNER) as uow:
        work.waive(uow, number, NewWaiver(rule="nothing", reason="Please"))


def test_page_api_and_command(client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    assert client.post(f"/work/{number}/waive", data={"rule": "notes", "why": "Night shift"}).status_code == 200
    answer = api.post(f"/api/v1/work/{number}/waive", json={"rule": "checklist", "reason": "Night shift"})
    assert {v["rule"] for v in answer.json()["verdicts"] if v["state"] == "waived"} == {"notes", "checklist"}
    assert calcifer("work", "waive", number, "entry", "-m", "Night shift").code == 0
    assert client.post(f"/work/{number}/waive", data={"rule": "notes", "why": ""}).status_code == 422
