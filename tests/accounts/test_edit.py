"""Changing one's name and mail address."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.conftest import Run
from tests.owner import OWNER, PASSWORD

NEW = {"name": "Ada King", "mail": "King@Example.org", "old_password": PASSWORD}


def last(api: TestClient) -> Any:
    """What was recorded last."""
    return api.get("/api/v1/activity").json()["items"][0]


def test_commits_are_signed_anew_and_one_signs_in_with_it(client: TestClient, stranger: TestClient) -> None:
    assert "/accounts/edit" in client.get("/").text
    changed = client.post("/accounts/edit", data=NEW)
    assert "signed by Ada King &lt;king@example.org&gt;" in changed.text
    signed_in = stranger.post("/sign-in", data={"mail": NEW["mail"], "password": PASSWORD}, follow_redirects=False)
    assert signed_in.status_code == 303


def test_what_it_was_is_recorded(api: TestClient) -> None:
    assert api.post("/api/v1/accounts/edit", json=NEW).json() == {
        "name": "Ada King",
        "mail": "king@example.org",
        "role": "owner",
    }
    entry = last(api)
    assert (entry["verb"], entry["subject"]) == ("accounts.edit", "Ada King")
    assert entry["detail"] == {"before": {"name": OWNER.name, "mail": OWNER.mail}}


def test_what_is_left_out_stays_and_the_same_again_is_no_change(api: TestClient) -> None:
    changes = {"name": "Ada King", "old_password": PASSWORD}
    assert api.post("/api/v1/accounts/edit", json=changes).json()["mail"] == OWNER.mail
    before = last(api)
    assert api.post("/api/v1/accounts/edit", json=changes).status_code == 200
    assert last(api) == before
    assert api.post("/api/v1/accounts/edit", json={"old_password": PASSWORD}).status_code == 422


@pytest.mark.parametrize(
    ("field", "value"), [("old_password", "wrong"), ("mail", "grace"), ("name", "Gr<b>ace"), ("name", ".")]
)
def test_bad_input_comes_back_beside_the_field(client: TestClient, field: str, value: str) -> None:
    answer = client.post("/accounts/edit", data=NEW | {field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert PASSWORD not in answer.text
    assert OWNER.name in client.get("/accounts/edit").text


def test_command_needs_no_password(calcifer: Run) -> None:
    done = calcifer("accounts", "edit", "--name", "Ada King", "--json")
    assert (done.code, done.json["name"], done.json["mail"]) == (0, "Ada King", OWNER.mail)
    assert calcifer("accounts", "edit", "--of", OWNER.mail, "--mail", "king@example.org").code == 0
    assert calcifer("accounts", "edit").code == 2
    refused = calcifer("accounts", "edit", "--name", "Gr<b>ace")
    assert refused.code == 2
    assert "neither '<' nor '>'" in refused.err
