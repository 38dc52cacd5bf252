"""Members deploy what is completed, where it reaches nothing of the host that its owner has not approved."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from calcifer.accounts.models import Person
from calcifer.accounts.permissions import NotAllowed
from calcifer.deployments.schemas import NewDeployment, NewRollback
from calcifer.deployments.service import runs
from calcifer.kit.uow import Actor
from calcifer.work import service as work
from calcifer.work.schemas import NewChange
from tests.conftest import Git
from tests.deployments.conftest import GOOD, Deployed
from tests.owner import OWNER

pytestmark = pytest.mark.once
EVE = Actor("Eve", "eve@example.org", "member", 3)
ROOT = {"web": {"image": "web:2", "privileged": True}}


def ask(web: Deployed, actor: Actor = EVE, **values: str) -> int:
    """Ask for a deployment, and take it back before it begins: that it may be asked for is what counts."""
    with web.wiring.units.write(actor) as uow:
        row = runs.deploy(uow, NewDeployment(service="web", **values))
        return runs.cancel(uow, row.id).id


def test_what_reaches_nothing_is_deployed_by_members(web: Deployed) -> None:
    with web.wiring.units.write(EVE) as uow:
        number = runs.deploy(uow, NewDeployment(service="web")).id
    assert web.wait(number).state == "good"


def test_what_reaches_the_host_needs_the_approval_of_its_owner(web: Deployed, git: Git) -> None:
    web.commit(ROOT)
    web.scan()
    with pytest.raises(NotAllowed, match="root on here, and the host's owner has not approved it: web is privileged"):
        ask(web)
    assert ask(web, OWNER)
    text = (web.path / "docker-compose.yml").read_text().replace("web:2", "web:3")
    files = [{"path": "docker-compose.yml", "content": text}]
    new = {"service": "web", "reason": "It needs that.", "approve_reach": True, "files": files}
    with web.wiring.units.write(OWNER) as uow:
        assert work.change(uow, NewChange.model_validate(new))[0].state == "completed"
    assert ask(web)
    web.targets([{"host": "here", "directory": "/etc/cron.d"}])
    web.commit()
    web.scan()
    with pytest.raises(NotAllowed, match=r"lies in /etc/cron\.d"):
        ask(web)


def test_what_is_not_completed_stays_with_owners(web: Deployed, git: Git) -> None:
    web.targets([{"name": "test", "host": "here"}])
    web.commit()
    git(web.path, "checkout", "-q", "-b", "work/9-other")
    other = web.commit(files={"app.conf": "other\n"})
    git(web.path, "checkout", "-q", "main")
    web.scan()
    with pytest.raises(NotAllowed, match="deployed by an owner"):
        ask(web, commit=other)
    assert ask(web, OWNER, commit=other)


def test_a_rollback_asks_the_same(web: Deployed) -> None:
    web.commit(ROOT)
    web.deploy()
    web.commit(GOOD)
    web.deploy()
    with pytest.raises(NotAllowed, match="root on here"), web.wiring.units.write(EVE) as uow:
        runs.rollback(uow, NewRollback(service="web"))


def test_pages_offer_what_one_may(web: Deployed, client: TestClient, tmp_path: Path) -> None:
    assert 'name="commit"' in client.get("/deployments/deploy?service=web").text
    with web.wiring.units.write(OWNER) as uow:
        uow.db.execute(update(Person).values(role="member"))
    shown = client.get("/deployments/deploy?service=web").text
    assert 'name="to_target"' in shown
    assert 'name="commit"' not in shown
    web.commit(ROOT)
    web.scan()
    barred = client.get("/deployments/deploy?service=web").text
    assert "makes its author root on here" in barred
    assert 'name="reason"' not in barred
