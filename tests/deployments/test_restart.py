"""What runs is restarted as it is."""

import pytest
from fastapi.testclient import TestClient

from tests.conftest import Run
from tests.deployments.conftest import Deployed

pytestmark = pytest.mark.once


def test_restarts_the_same_containers(web: Deployed, calcifer: Run, client: TestClient, api: TestClient) -> None:
    web.deploy()
    before = web.containers()["web"]
    told = calcifer("restart", "web")
    assert (told.code, told.err.splitlines()[-1]) == (0, "web-web-1 is running.")
    after = web.containers()["web"]
    assert (after["id"], after["started"] > before["started"]) == (before["id"], True)
    asked = api.post("/api/v1/deployments/restart", json={"service": "web"})
    assert asked.status_code == 202
    web.wiring.jobs.run_due()
    assert api.get(f"/api/v1/deployments/operations/{asked.json()['id']}").json()["verdict"] == "web-web-1 is running."
    assert api.get("/api/v1/deployments/operations/99").status_code == 404
    assert client.post("/deployments/restart", data={"service_name": "web", "to_target": ""}).status_code == 200
    page = client.get("/deployments/target?service=web").text
    assert page.count("Restart") > 2
