"""What was in service before comes back."""

import pytest
from fastapi.testclient import TestClient

from calcifer.deployments.schemas import NewRollback
from calcifer.deployments.service import runs
from calcifer.deployments.service.runs import NothingBefore
from tests.conftest import Run
from tests.deployments.conftest import GOOD, Deployed
from tests.owner import OWNER


def test_brings_the_version_before(web: Deployed, calcifer: Run) -> None:
    first = web.deploy()
    web.commit(GOOD | {"side": {"image": "side:1"}}, files={"app.conf": "two\n"})
    second = web.deploy()
    assert set(web.containers()) == {"web", "side"}
    done = calcifer("rollback", "web", "-m", "Too slow", "--json").json
    assert (done["kind"], done["state"], done["commit"], done["before"]) == (
        "rollback",
        "good",
        first.commit,
        second.commit,
    )
    assert done["plan"]["containers"]["removed"] == ["side"]
    assert set(web.containers()) == {"web"}
    assert (web.place / "app.conf").read_text() == "one\n"
    assert [one["kind"] for one in web.notes(first.commit)] == ["deploy", "rollback"]


def test_there_has_to_be_one(web: Deployed, client: TestClient, api: TestClient) -> None:
    with pytest.raises(NothingBefore, match="has had no other version on here"), web.wiring.units.write(OWNER) as uow:
        runs.rollback(uow, NewRollback(service="web"))
    web.deploy()
    assert api.post("/api/v1/deployments/rollback", json={"service": "web"}).status_code == 409
    answer = client.post("/deployments/rollback?service=web", data={"service_name": "web", "to_target": "production"})
    assert answer.status_code == 409
    assert "has had no other version" in answer.text
