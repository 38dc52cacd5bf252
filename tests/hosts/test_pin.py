"""Pinning another key: on purpose, by its fingerprint, and only where the host shows it."""

import pytest
from starlette.testclient import TestClient

from calcifer.hosts import reaching, service
from calcifer.kit import ssh
from calcifer.kit.errors import Conflict
from calcifer.kit.promises import JobRow
from calcifer.wiring import Wiring
from tests.conftest import Git, Run
from tests.hosts.conftest import OTHER_KEY, Enrol, Look
from tests.owner import OWNER


@pytest.fixture
def changed(wiring: Wiring, enrol: Enrol, target: str, look: Look) -> str:
    """A host whose key is another one than the pinned one by now; the fingerprint of the one that it has."""
    enrol("alpha", target)
    shown = look("alpha").fingerprint
    assert shown
    with wiring.units.write(OWNER) as uow:
        service.pinned(uow, wiring.settings.var, "alpha", OTHER_KEY)
    return shown


def pinned(wiring: Wiring, name: str, wanted: str) -> JobRow:
    """Pin, and wait for it."""
    with wiring.units.write(OWNER) as uow:
        row = service.pin(uow, name, wanted)
    return wiring.jobs.wait(row.id)


def test_the_key_that_the_host_shows_is_pinned(wiring: Wiring, changed: str, look: Look, git: Git) -> None:
    assert pinned(wiring, "alpha", changed).error is None
    assert look("alpha").fingerprint == changed
    assert OTHER_KEY not in reaching.known_hosts(wiring.settings.var).read_text()
    assert "Pin another key of host alpha" in git(wiring.settings.var / "hosts", "log", "-1", "--format=%s")


def test_another_one_is_not(wiring: Wiring, changed: str, look: Look) -> None:
    wanted = "SHA256:" + "a" * 43
    row = pinned(wiring, "alpha", wanted)
    assert row.error == f"alpha shows the key {changed}, and not {wanted}. Nothing was pinned."
    assert look("alpha").fingerprint == ssh.fingerprint(OTHER_KEY)


def test_one_that_is_not_reached_keeps_its_key(
    wiring: Wiring, changed: str, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -F none -p 1")
    row = pinned(wiring, "alpha", changed)
    assert (row.state, "cannot be reached" in (row.error or "")) == ("failed", True)
    assert look("alpha").fingerprint == ssh.fingerprint(OTHER_KEY)


def test_this_machine_has_none(wiring: Wiring, enrol: Enrol) -> None:
    enrol("here")
    with pytest.raises(Conflict, match="is this machine"), wiring.units.write(OWNER) as uow:
        service.pin(uow, "here", "SHA256:" + "a" * 43)


def test_page(client: TestClient, wiring: Wiring, changed: str) -> None:
    answer = client.post("/hosts/alpha/pin", data={"fingerprint": "SHA256:x"})
    assert answer.status_code == 422
    answer = client.post("/hosts/alpha/pin", data={"fingerprint": changed})
    assert "Pinning a key" in answer.text
    wiring.jobs.run_due()
    assert changed in client.get("/hosts/alpha").text


def test_api(api: TestClient, wiring: Wiring, changed: str) -> None:
    assert api.post("/api/v1/hosts/alpha/pin", json={"fingerprint": "MD5:00"}).status_code == 422
    job = api.post("/api/v1/hosts/alpha/pin", json={"fingerprint": changed})
    assert job.status_code == 202
    wiring.jobs.run_due()
    assert api.get("/api/v1/hosts/alpha").json()["fingerprint"] == changed


def test_command(calcifer: Run, changed: str) -> None:
    refused = calcifer("hosts", "check", "alpha")
    assert refused.code == 5
    assert f"calcifer hosts pin alpha {changed}" in refused.err
    assert calcifer("hosts", "pin", "alpha", "SHA256:" + "a" * 43).code == 5
    ran = calcifer("hosts", "pin", "alpha", changed)
    assert (ran.code, changed in ran.out) == (0, True)
    assert "shows another key" not in calcifer("hosts", "check", "alpha").err
