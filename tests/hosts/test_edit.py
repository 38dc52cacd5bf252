"""Changing where a host is reached and where services lie on it; its key stays."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.hosts import service
from calcifer.hosts.schemas import HostChanges
from calcifer.kit.errors import Invalid
from calcifer.wiring import Wiring
from tests.conftest import Run
from tests.hosts.conftest import Enrol, Look
from tests.owner import OWNER


def edited(wiring: Wiring, name: str, **changes: str) -> None:
    """Change a host."""
    with wiring.units.write(OWNER) as uow:
        service.edit(uow, wiring.settings.var, name, HostChanges.model_validate(changes))


def test_what_is_left_out_stays(wiring: Wiring, enrol: Enrol, target: str, look: Look) -> None:
    enrol("alpha", target)
    before = look("alpha")
    edited(wiring, "alpha", note="in the cellar", directory="/srv/stacks/")
    after = look("alpha")
    assert (after.note, after.directory) == ("in the cellar", "/srv/stacks")
    assert (after.target, after.fingerprint, after.pinned_at) == (target, before.fingerprint, before.pinned_at)
    file = json.loads(Path(wiring.settings.var / "hosts" / "alpha.json").read_text())
    assert (file["note"], file["directory"]) == ("in the cellar", "/srv/stacks")


def test_a_host_stays_what_it_is(wiring: Wiring, enrol: Enrol, target: str) -> None:
    enrol("alpha", target)
    enrol("here")
    with pytest.raises(Invalid, match="A host stays what it is"):
        edited(wiring, "alpha", target="")
    with pytest.raises(Invalid, match="A host stays what it is"):
        edited(wiring, "here", target="nas")
    edited(wiring, "here", target="", note="x")


def test_the_address_of_another_host_is_taken(wiring: Wiring, enrol: Enrol, target: str, look: Look) -> None:
    enrol("alpha", target)
    enrol("beta", target.replace("ssh://", "ssh://root@"))
    with pytest.raises(Invalid, match="'alpha' is there already"):
        edited(wiring, "beta", target=target)
    assert look("beta").target != target


def test_page(client: TestClient, enrol: Enrol, target: str) -> None:
    enrol("alpha", target)
    assert target in client.get("/hosts/alpha/edit").text
    refused = client.post("/hosts/alpha/edit", data={"target": "-oProxyCommand=id", "note": "typed"})
    assert (refused.status_code, "typed" in refused.text) == (422, True)
    saved = client.post("/hosts/alpha/edit", data={"target": target, "directory": "/srv", "note": "in the cellar"})
    assert "Saved." in saved.text
    assert "in the cellar" in saved.text


def test_api(api: TestClient, enrol: Enrol, target: str) -> None:
    enrol("alpha", target)
    assert api.post("/api/v1/hosts/alpha/edit", json={"note": "x"}).json()["note"] == "x"
    assert api.post("/api/v1/hosts/alpha/edit", json={"directory": "relative"}).status_code == 422
    assert api.post("/api/v1/hosts/nobody/edit", json={}).status_code == 404


def test_command(calcifer: Run, enrol: Enrol, target: str) -> None:
    enrol("alpha", target)
    assert calcifer("hosts", "edit", "alpha", "--note", "x", "--json").json["note"] == "x"
    assert calcifer("hosts", "edit", "alpha", "--target=-oProxyCommand=id").code == 2


def test_belongs_to_who_added_it_until_somebody_else_is_named(
    wiring: Wiring, enrol: Enrol, look: Look, client: TestClient, calcifer: Run
) -> None:
    enrol("here")
    assert look("here").owner == OWNER.mail
    assert OWNER.mail in client.get("/hosts/here").text
    with pytest.raises(Invalid, match="Nobody here has the mail address"):
        edited(wiring, "here", owner="nobody@example.org")
    assert "Saved." in client.post("/hosts/here/edit", data={"directory": "/srv", "owner": ""}).text
    assert look("here").owner is None
    assert calcifer("hosts", "edit", "here", "--owner", OWNER.mail, "--json").json["owner"] == OWNER.mail
    assert json.loads((wiring.settings.var / "hosts" / "here.json").read_text())["owner"] == OWNER.mail
