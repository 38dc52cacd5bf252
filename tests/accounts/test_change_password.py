"""Changing one's password."""

from starlette.testclient import TestClient
from tests.conftest import Run
from tests.owner import OWNER, PASSWORD

NEW = "another horse with a battery"


def sign_in(browser: TestClient, password: str) -> int:
    """Return the status of an attempt."""
    data = {"mail": OWNER.mail, "password": password}
    return browser.post("/sign-in", data=data, follow_redirects=False).status_code


def test_other_browsers_are_signed_out(client: TestClient, stranger: TestClient) -> None:
    assert sign_in(stranger, PASSWORD) == 303
    changed = client.post("/accounts/change-password", data={"old_password": PASSWORD, "password": NEW})
    assert "other browsers have been signed out" in changed.text
    assert stranger.get("/activity", follow_redirects=False).status_code == 303
    assert client.get("/activity", follow_redirects=False).status_code == 200
    assert sign_in(stranger, PASSWORD) == 422
    assert sign_in(stranger, NEW) == 303


def test_the_old_one_is_asked_for(client: TestClient, stranger: TestClient) -> None:
    wrong = client.post("/accounts/change-password", data={"old_password": "no", "password": NEW})
    assert wrong.status_code == 422
    assert 'id="old_password-error"' in wrong.text
    assert NEW not in wrong.text
    assert sign_in(stranger, PASSWORD) == 303


def test_api_changes_it(api: TestClient, stranger: TestClient) -> None:
    data = {"old_password": PASSWORD, "password": NEW}
    assert api.post("/api/v1/accounts/change-password", json=data).status_code == 204
    assert sign_in(stranger, NEW) == 303


def test_command_needs_no_old_one(calcifer: Run, stranger: TestClient) -> None:
    assert calcifer("accounts", "change-password", "--password", NEW, "--json").json["mail"] == OWNER.mail
    assert sign_in(stranger, NEW) == 303
