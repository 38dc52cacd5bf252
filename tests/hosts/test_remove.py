"""Forgetting a host."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from calcifer.hosts import kept, reaching, references, service
from calcifer.wiring import Wiring
from tests.conftest import Run
from tests.hosts.conftest import Enrol
from tests.owner import OWNER

Names = Callable[[], list[str]]


def test_its_entry_and_its_key_are_gone(wiring: Wiring, enrol: Enrol, target: str, names: Names) -> None:
    enrol("alpha", target)
    var = wiring.settings.var
    with wiring.units.write(OWNER) as uow:
        service.remove(uow, var, "alpha")
    assert names() == []
    assert not (var / "hosts" / "alpha.json").exists()
    assert list(kept.read(var)) == []
    reaching.write_known_hosts(wiring.units, OWNER, var)
    assert reaching.known_hosts(var).read_text() == ""
    assert enrol("alpha", target).error is None


def test_one_in_use_stays(
    wiring: Wiring, enrol: Enrol, target: str, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol("alpha", target)
    monkeypatch.setattr(references, "FINDERS", {})
    references.register("deployments", lambda _uow, host: [f"{host.name} has web"])
    with pytest.raises(service.StillReferredTo, match="still in use: alpha has web"), wiring.units.write(OWNER) as uow:
        service.remove(uow, wiring.settings.var, "alpha")
    assert names() == ["alpha"]
    assert (wiring.settings.var / "hosts" / "alpha.json").exists()


def test_page(client: TestClient, enrol: Enrol, target: str) -> None:
    enrol("alpha", target)
    assert "alpha is forgotten" in client.post("/hosts/alpha/remove").text
    assert client.get("/hosts/alpha").status_code == 404


def test_api(api: TestClient, enrol: Enrol, target: str) -> None:
    enrol("alpha", target)
    assert api.post("/api/v1/hosts/alpha/remove").status_code == 204
    assert api.post("/api/v1/hosts/alpha/remove").status_code == 404


def test_command(calcifer: Run, enrol: Enrol, target: str) -> None:
    enrol("alpha", target)
    assert calcifer("hosts", "remove", "alpha").code == 0
    assert calcifer("hosts", "remove", "alpha").code == 3
