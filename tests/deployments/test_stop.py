"""What runs is stopped on purpose, and everything that looks afterwards says so."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from calcifer.activity.queries import list_entries
from calcifer.deployments import resting
from calcifer.deployments.models import Operation
from tests.conftest import Run
from tests.deployments.conftest import GOOD, Deployed
from tests.owner import OWNER

TWO = GOOD | {"side": {"image": "side:1"}}


def at(minute: int) -> datetime:
    return datetime(2026, 1, 1, 0, minute, tzinfo=UTC)


def done(verb: str, minute: int, *parts: str, state: str = "done") -> Operation:
    return Operation(verb=verb, parts=list(parts), state=state, actor_name=f"Ada {minute}", finished_at=at(minute))


@pytest.mark.parametrize(
    ("operations", "stopped", "said"),
    [
        ([], {}, ""),
        ([done("stop", 1)], {"a": 1, "b": 1}, "It was stopped on purpose, by Ada 1."),
        ([done("stop", 1, "a")], {"a": 1}, "a was stopped on purpose, by Ada 1."),
        ([done("stop", 1), done("start", 2, "a")], {"b": 1}, "b was stopped on purpose, by Ada 1."),
        ([done("stop", 1), done("restart", 2)], {}, ""),
        ([done("stop", 1, state="failed")], {}, ""),
        ([done("stop", 1, "a"), done("stop", 2, "b")], {"a": 1, "b": 2}, "It was stopped on purpose, by Ada 2."),
    ],
)
def test_what_is_stopped(operations: list[Operation], stopped: dict[str, int], said: str) -> None:
    found = resting.stopped(operations, ["a", "b"], None)
    assert found == {name: resting.Stopped(f"Ada {minute}", at(minute)) for name, minute in stopped.items()}
    assert resting.sentence(found, ["a", "b"]) == said
    assert resting.stopped(operations, ["a", "b"], at(30)) == {}, "a deployment has started all of it since"


def test_stays_stopped_until_somebody_starts_it(
    web: Deployed, calcifer: Run, client: TestClient, api: TestClient
) -> None:
    web.commit(TWO)
    web.scan()
    web.deploy()
    stopped = calcifer("deployments", "stop", "web", "side", "--json")
    assert (stopped.code, stopped.json["state"], stopped.json["parts"]) == (0, "done", ["side"])
    assert {name: one["status"] for name, one in web.containers().items()} == {"web": "running", "side": "exited"}
    state = api.get("/api/v1/deployments/state", params={"service": "web"}).json()
    assert state["stopped"] == "side was stopped on purpose, by Ada Lovelace."
    assert {one["part"]: (one["state"], one["stopped_by"]) for one in state["containers"]} == {
        "web": ("running", None),
        "side": ("stopped", "Ada Lovelace"),
    }
    assert "Stopped on purpose" in client.get("/deployments/state?service=web").text

    asked = client.post("/deployments/stop", data={"service_name": "web", "to_target": "production"})
    assert "It is being stopped." in asked.text
    assert web.wiring.jobs.run_due() == 1
    cell = api.get("/api/v1/deployments/matrix").json()["items"][0]
    assert (cell["state"], cell["is_stopped"], cell["stopped"]) == (
        "current",
        True,
        "It was stopped on purpose, by Ada Lovelace.",
    )
    assert "Stopped on purpose" in client.get("/deployments/matrix").text
    assert "stopped on purpose" in calcifer("deployments", "matrix").out
    page = client.get("/deployments/target?service=web").text
    assert "It was stopped on purpose" in page
    assert "Start" in page
    with web.wiring.units.read(OWNER) as uow:
        verbs = [one.verb for one in list_entries(uow.db, limit=10)]
    assert verbs.count("deployments.stop") == 2

    assert web.deploy().state == "good"
    assert {one["status"] for one in web.containers().values()} == {"running"}
    assert api.get("/api/v1/deployments/matrix").json()["items"][0]["stopped"] == ""


def test_bad_input_changes_nothing(web: Deployed, api: TestClient, client: TestClient) -> None:
    ask = {"service": "web"}
    assert api.post("/api/v1/deployments/stop", json=ask).status_code == 409, "nothing was deployed"
    assert client.get("/deployments/logs?service=web").status_code == 409
    assert "Nothing of it was deployed there yet" in client.get("/deployments/target?service=web").text
    web.deploy()
    for wrong, status in (
        ({"service": "nobody"}, 404),
        (ask | {"to": "moon"}, 422),
        (ask | {"parts": ["side"]}, 422),
        (ask | {"parts": ["--all; reboot"]}, 422),
    ):
        assert api.post("/api/v1/deployments/stop", json=wrong).status_code == status, wrong
    assert not (web.engine / "operations").exists()
