"""Another machine takes the name of a host, and what refers to it."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from calcifer.hosts import queries, reaching, service
from calcifer.kit.errors import CalciferError
from calcifer.wiring import Wiring
from tests.conftest import Run
from tests.hosts.conftest import Enrol, Look
from tests.owner import OWNER

Names = Callable[[], list[str]]


@pytest.fixture
def both(enrol: Enrol, target: str) -> tuple[str, str]:
    """Two hosts; how they are reached."""
    other = target.replace("ssh://", "ssh://root@")
    enrol("alpha", target)
    enrol("beta", other)
    return target, other


def replaced(wiring: Wiring, name: str, by: str) -> None:
    """Replace."""
    with wiring.units.write(OWNER) as uow:
        service.replace(uow, wiring.settings.var, name, by)


def test_the_row_that_is_referred_to_is_the_new_machine(
    wiring: Wiring, both: tuple[str, str], look: Look, names: Names
) -> None:
    with wiring.units.read(OWNER) as uow:
        before = queries.get_host(uow.db, "alpha").id
    replaced(wiring, "alpha", "beta")
    with wiring.units.read(OWNER) as uow:
        assert queries.get_host(uow.db, "alpha").id == before
    assert names() == ["alpha", "alpha.replaced-1"]
    assert (look("alpha").target, look("alpha").state != "replaced") == (both[1], True)
    old = look("alpha.replaced-1")
    assert (old.target, old.state) == (both[0], "replaced")
    files = sorted(path.name for path in (wiring.settings.var / "hosts").glob("*.json"))
    assert files == ["alpha.json", "alpha.replaced-1.json"]
    reaching.write_known_hosts(wiring.units, OWNER, wiring.settings.var)
    assert reaching.known_hosts(wiring.settings.var).read_text().count("\n") == 1


def test_its_address_is_free_again(wiring: Wiring, both: tuple[str, str], enrol: Enrol, names: Names) -> None:
    replaced(wiring, "alpha", "beta")
    assert enrol("beta", both[0]).error is None
    replaced(wiring, "alpha", "beta")
    assert names() == ["alpha", "alpha.replaced-1", "alpha.replaced-2"]


def test_a_replaced_one_is_for_the_record(wiring: Wiring, both: tuple[str, str], names: Names) -> None:
    replaced(wiring, "alpha", "beta")
    for name, by in (
        ("alpha", "alpha.replaced-1"),
        ("alpha.replaced-1", "alpha"),
        ("alpha", "alpha"),
        ("alpha", "nobody"),
    ):
        with pytest.raises(CalciferError):
            replaced(wiring, name, by)
    for act in (service.check, lambda uow, name: service.pin(uow, name, "SHA256:x")):
        with pytest.raises(service.AlreadyReplaced), wiring.units.write(OWNER) as uow:
            act(uow, "alpha.replaced-1")
    with wiring.units.write(OWNER) as uow:
        assert [aim.name for aim in service.aims(uow, service.ALL)] == ["alpha"]
        service.remove(uow, wiring.settings.var, "alpha.replaced-1")
    assert names() == ["alpha"]


def test_page(client: TestClient, both: tuple[str, str]) -> None:
    answer = client.post("/hosts/alpha/replace", data={"by": "beta"})
    assert "alpha is the machine now that was called beta." in answer.text
    assert "Another machine took its name" in client.get("/hosts/alpha.replaced-1").text
    assert client.post("/hosts/alpha/replace", data={"by": "alpha"}).status_code == 422


def test_api(api: TestClient, both: tuple[str, str]) -> None:
    assert api.post("/api/v1/hosts/alpha/replace", json={"by": "beta"}).json()["target"] == both[1]
    assert api.post("/api/v1/hosts/alpha/replace", json={"by": "beta"}).status_code == 404


def test_command(calcifer: Run, both: tuple[str, str]) -> None:
    assert calcifer("hosts", "replace", "alpha", "beta", "--json").json["target"] == both[1]
    assert "replaced" in calcifer("hosts", "list").out
