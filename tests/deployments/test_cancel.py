"""A deployment is ended: before anything was changed, and in the middle."""

import threading
import time
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from calcifer.deployments.service import runs
from calcifer.deployments.service.runs import AlreadyFinished
from tests.conftest import Run
from tests.deployments.conftest import GOOD, Deployed
from tests.owner import OWNER


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that comes."""
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.02)
    pytest.fail("it did not come")


def test_one_that_has_not_begun_does_nothing(web: Deployed, calcifer: Run) -> None:
    number = web.ask()
    assert calcifer("deployments", "cancel", number, "--json").json["state"] == "cancelled"
    assert web.wait(number).state == "cancelled"
    assert not web.place.exists()
    assert calcifer("deployments", "cancel", number).code == 5


def test_one_in_the_middle_goes_back(web: Deployed, api: TestClient) -> None:
    first = web.deploy()
    web.commit({"web": GOOD["web"] | {"image": "web:2", "x-health": "health: starting"}})
    number = web.ask()
    waiting = threading.Thread(target=web.wait, args=(number,))
    waiting.start()
    until(lambda: web.get(number).phase == "verify")
    assert api.post(f"/api/v1/deployments/{number}/cancel").status_code == 202
    waiting.join()
    done = web.get(number)
    assert (done.state, done.error) == ("cancelled", "It was cancelled.")
    assert web.containers()["web"]["ref"] == "web:1"
    assert web.deploy(commit=first.commit).state == "good"


def test_what_has_ended_has_nothing_to_cancel(web: Deployed, client: TestClient) -> None:
    done = web.deploy()
    with (
        pytest.raises(AlreadyFinished, match="is good: there is nothing to cancel"),
        web.wiring.units.write(OWNER) as uow,
    ):
        runs.cancel(uow, done.id)
    assert client.post(f"/deployments/{done.id}/cancel").status_code == 409
