"""Two that want the same place or the same name, and runs that nobody carries out any more."""

import json

import pytest
from sqlalchemy import update

from calcifer.deployments.schemas import NewDeployment
from calcifer.deployments.service import runs
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.promises import JobRow
from calcifer.services import service as services
from tests.conftest import Git, Run
from tests.deployments.conftest import GOOD, Deployed
from tests.owner import OWNER

pytestmark = pytest.mark.once


def test_a_stack_of_another_directory_with_the_same_name_is_left_alone(web: Deployed) -> None:
    web.deploy()
    there = web.containers()
    there["web"]["directory"] = "/srv/other"
    (web.engine / "containers").write_text(json.dumps(there))
    web.commit()
    done = web.deploy()
    assert done.state == "failed"
    assert "a stack of another directory is called 'web' too: web-web-1. Nothing was changed." in (done.error or "")
    assert web.containers() == there


def test_a_new_name_of_the_project_is_not_taken(web: Deployed) -> None:
    first = web.deploy()
    web.commit(files={"docker-compose.yml": json.dumps({"name": "other", "services": GOOD})})
    done = web.deploy()
    assert done.state == "returned"
    assert "The files call the project 'other' now, and its containers run as 'web'" in (done.error or "")
    assert web.deploy(commit=first.commit).state == "good"


def test_two_services_cannot_share_a_directory(web: Deployed, git: Git) -> None:
    web.deploy()
    other = web.wiring.settings.home / "other"
    git(web.path, "clone", "-q", str(web.path), str(other))
    (other / ".calcifer/service.yaml").write_text(f"targets: [{{host: here, directory: {web.place}}}]\n")
    git(other, "commit", "-qam", "Target")
    with web.wiring.units.write(OWNER) as uow:
        services.register(uow, other)
    with pytest.raises(Conflict, match=r"web was brought to .*/opt/web on here"), web.wiring.units.write(OWNER) as uow:
        runs.deploy(uow, NewDeployment(service="other"))


@pytest.mark.parametrize("directory", ["../x", "relative", "/", "/etc/../x", "/top", "/a b/\x1b"])
def test_a_directory_that_is_none_is_refused(web: Deployed, directory: str) -> None:
    with web.wiring.units.write(OWNER) as uow:
        row = services.register(uow, web.path)
        row.targets = [{"name": "production", "host": "here", "directory": directory}]
    with pytest.raises(Invalid, match="names no directory that can be used"):
        web.ask()


def test_what_was_broken_off_holds_nobody_up(web: Deployed, calcifer: Run) -> None:
    for end in (lambda _: web.deploy(), lambda number: calcifer("deployments", "cancel", number)):
        number = web.ask()
        with web.wiring.units.database.writing() as session:
            session.execute(update(JobRow).where(JobRow.subject == str(number)).values(state="failed", error="Odd."))
            session.commit()
        end(number)
        assert (web.get(number).state, web.get(number).error) == ("failed", "It was broken off. Odd.")
    assert web.deploy().state == "good"
