"""Revoking a token."""

from starlette.testclient import TestClient
from tests.conftest import Run


def test_a_revoked_token_opens_nothing(client: TestClient, api: TestClient) -> None:
    assert api.get("/api/v1/accounts/tokens").status_code == 200
    assert "has been revoked" in client.post("/accounts/tokens/1/revoke-token").text
    refused = api.get("/api/v1/accounts/tokens")
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"


def test_twice_is_not_found(client: TestClient) -> None:
    client.post("/accounts/tokens/1/revoke-token")
    assert client.post("/accounts/tokens/1/revoke-token").status_code == 404


def test_an_unknown_id_is_not_found(api: TestClient) -> None:
    for token_id in (2, 0, -1, 2**31 - 1, 2**63, 10**30):
        assert api.post(f"/api/v1/accounts/tokens/{token_id}/revoke-token").status_code in (404, 422)


def test_api_revokes(api: TestClient) -> None:
    assert api.post("/api/v1/accounts/tokens/1/revoke-token").status_code == 204
    assert api.get("/api/v1/accounts/tokens").status_code == 401


def test_command_revokes(calcifer: Run, api: TestClient) -> None:
    assert calcifer("accounts", "revoke-token", "1").code == 0
    assert api.get("/api/v1/accounts/tokens").status_code == 401
