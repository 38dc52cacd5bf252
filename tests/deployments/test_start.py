"""What was stopped is started again; one after the other, in the order in which it was asked for."""

import threading

import pytest

from calcifer.deployments.daily import OperationWish
from calcifer.deployments.service import start, stop
from tests.conftest import Run
from tests.deployments.conftest import GOOD, Deployed
from tests.deployments.test_cancel import until
from tests.owner import OWNER


def test_waits_for_what_was_asked_for_before(web: Deployed, calcifer: Run) -> None:
    web.deploy()
    (web.engine / "slow").touch()
    web.commit(GOOD | {"web": GOOD["web"] | {"image": "web:2"}})
    number = web.ask()
    with web.wiring.units.write(OWNER) as uow:
        stop(uow, OperationWish(service="web"))
    with web.wiring.units.write(OWNER) as uow:
        last = start(uow, OperationWish(service="web")).id
    # Nobody has begun any of them: who waits for the last one carries all of them out, in order.
    began = calcifer("deployments", "start", "web", "--json")
    assert began.json["state"] == "done"
    assert last < began.json["id"]
    assert web.get(number).state == "good"
    assert (web.engine / "operations").read_text().split() == ["stop", "start", "start"]
    assert web.containers()["web"]["ref"] == "web:2"


def test_a_deployment_waits_for_it_too(web: Deployed) -> None:
    web.deploy()
    (web.engine / "slow").touch()
    with web.wiring.units.write(OWNER) as uow:
        stop(uow, OperationWish(service="web"))
    stopping = threading.Thread(target=web.wiring.jobs.run_due)
    stopping.start()
    until((web.engine / "begun").exists)
    ups = web.ups()
    done = web.deploy()
    stopping.join()
    assert (web.engine / "operations").read_text().split() == ["stop"]
    assert (done.state, web.ups()) == ("good", ups + 1)
    assert web.containers()["web"]["status"] == "running"


@pytest.mark.once
def test_what_does_not_come_up_has_failed(web: Deployed, calcifer: Run) -> None:
    web.deploy()
    (web.place / "docker-compose.yml").write_text(
        '{"services": {"web": {"image": "web:1", "x-exit": 3, "restart": "no"}}}'
    )
    ended = calcifer("restart", "web")
    assert ended.code == 5
    assert "exited with 3" in ended.err
    assert "calcifer deployments logs web" in ended.err
