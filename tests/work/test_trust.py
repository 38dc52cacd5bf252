"""A command runs only when somebody has read and allowed exactly that one."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.errors import Conflict, Forbidden
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories


@pytest.fixture
def service(wiring: Wiring) -> Path:
    """A service with a verify command."""
    return factories.service(wiring, files={".calcifer/service.yaml": "verify: pytest -q\n"})


def test_it_holds_for_exactly_this_text_of_this_service(wiring: Wiring, service: Path) -> None:
    with wiring.units.write(OWNER) as uow:
        trusted = work.trust(uow, "web", "pytest -q")
        assert (trusted.command, trusted.by, trusted.at) == ("pytest -q", OWNER.name, uow.now)
        assert work.trust(uow, "web", "pytest -q") is trusted
        for other in ("pytest -q ", "PYTEST -Q", "pytest"):
            assert queries.find_trusted(uow.db, trusted.service_id, other) is None
        assert queries.find_trusted(uow.db, trusted.service_id + 1, "pytest -q") is None


def test_another_command_than_the_service_has_is_refused(wiring: Wiring, service: Path) -> None:
    with pytest.raises(Conflict, match="read it, then trust that"), wiring.units.write(OWNER) as uow:
        work.trust(uow, "web", "rm -rf /")


def test_only_the_owner_may(wiring: Wiring, service: Path) -> None:
    with pytest.raises(Forbidden), wiring.units.write(Actor("Eve", "eve@example.org", "member")) as uow:
        work.trust(uow, "web", "pytest -q")


def test_page_api_and_command(
    client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, service: Path
) -> None:
    assert client.post("/work/trust", data={"service_name": "web", "command": "no"}).status_code == 409
    assert (
        api.post("/api/v1/work/trust", json={"service": "web", "command": "pytest -q"}).json()["command"] == "pytest -q"
    )
    assert client.post("/work/trust", data={"service_name": "web", "command": "pytest -q"}).status_code in {200, 303}
    assert calcifer("work", "trust", "web", "--command", "pytest -q", "--json").json["command"] == "pytest -q"


def test_a_number_that_is_none_is_refused(client: TestClient) -> None:
    answer = client.post("/work/trust", data={"service_name": "web", "command": "true", "number": "9" * 5000})
    assert answer.status_code == 422
