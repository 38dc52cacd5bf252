"""What is held because of edits on the host goes on once somebody has decided; the edits are kept."""

import pytest
from fastapi.testclient import TestClient

from calcifer.deployments.service import runs
from calcifer.deployments.service.runs import AlreadyFinished
from tests.conftest import Run
from tests.deployments.conftest import Deployed
from tests.owner import OWNER

pytestmark = pytest.mark.once


def held(web: Deployed) -> int:
    """Deploy, edit on the host, deploy again."""
    web.deploy()
    (web.place / "app.conf").write_text("mine\n")
    (web.place / "own").write_text("untracked\n")
    web.commit(files={"app.conf": "two\n"})
    done = web.deploy()
    assert done.state == "held"
    assert "'app.conf' was edited or removed there." in (done.error or "")
    assert (web.place / "app.conf").read_text() == "mine\n"
    assert web.ups() == 1
    return done.id


def test_keeps_the_edits_aside_and_goes_on(web: Deployed, calcifer: Run) -> None:
    number = held(web)
    assert calcifer("deployments", "proceed", number).code == 0
    assert web.get(number).state == "good"
    assert (web.place / "app.conf").read_text() == "two\n"
    assert (web.place / "own").read_text() == "untracked\n"
    (kept,) = (web.versions / "aside").glob("*/app.conf")
    assert kept.read_text() == "mine\n"
    with pytest.raises(AlreadyFinished), web.wiring.units.write(OWNER) as uow:
        runs.proceed(uow, number)


def test_by_page_and_api(web: Deployed, client: TestClient, api: TestClient) -> None:
    number = held(web)
    assert "Keep the edits aside, and go on" in client.get(f"/deployments/{number}").text
    assert client.post(f"/deployments/{number}/proceed").status_code == 200
    assert web.wait(number).state == "good"
    assert api.post(f"/api/v1/deployments/{number}/proceed").status_code == 409


def test_or_is_left_as_it_is(web: Deployed) -> None:
    number = held(web)
    with web.wiring.units.write(OWNER) as uow:
        runs.cancel(uow, number)
    assert web.get(number).state == "cancelled"
    assert (web.place / "app.conf").read_text() == "mine\n"
