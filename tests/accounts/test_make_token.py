"""Making a token."""

from sqlalchemy import select
from starlette.testclient import TestClient
from tests.conftest import Run

from calcifer.accounts.models import Token
from calcifer.wiring import Wiring


def test_page_shows_the_secret_once(client: TestClient, stranger: TestClient) -> None:
    made = client.post("/accounts/make-token", data={"name": "backup"})
    assert made.status_code == 200
    secret = made.text.split('data-copy="')[1].split('"')[0]
    listed = stranger.get("/api/v1/accounts/tokens", headers={"Authorization": f"Bearer {secret}"})
    assert [token["name"] for token in listed.json()["items"]] == ["backup", "a test"]
    assert secret not in client.get("/accounts/tokens").text


def test_without_a_name_the_form_comes_back(client: TestClient) -> None:
    answer = client.post("/accounts/make-token", data={"name": "  "})
    assert answer.status_code == 422
    assert 'id="name-error">This is needed.' in answer.text


def test_api_answers_with_the_secret(api: TestClient) -> None:
    made = api.post("/api/v1/accounts/make-token", json={"name": "backup"})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("calcifer_")


def test_command_prints_the_secret(calcifer: Run, stranger: TestClient) -> None:
    secret = calcifer("accounts", "make-token", "backup").out.strip()
    assert stranger.get("/api/v1/accounts/tokens", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_only_the_hash_is_kept(wiring: Wiring, api: TestClient) -> None:
    secret = api.post("/api/v1/accounts/make-token", json={"name": "backup"}).json()["secret"]
    with wiring.units.database.reading() as session:
        rows = session.execute(select(Token.__table__)).all()
    assert secret not in str(rows)


def test_a_name_is_in_force_once(client: TestClient, api: TestClient, calcifer: Run) -> None:
    made = api.post("/api/v1/accounts/make-token", json={"name": "backup"}).json()["token"]
    assert api.post("/api/v1/accounts/make-token", json={"name": "backup"}).status_code == 422
    assert 'id="name-error">You have a token of this name' in (
        client.post("/accounts/make-token", data={"name": "backup"}).text
    )
    assert calcifer("accounts", "make-token", "backup").code == 2
    assert calcifer("accounts", "revoke-token", made["id"], "--json").json["name"] == "backup"
    assert calcifer("accounts", "make-token", "backup").code == 0
