"""Signing out."""

from starlette.testclient import TestClient


def test_the_session_is_gone_on_the_server(client: TestClient) -> None:
    answer = client.post("/sign-out", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    client.cookies.set("calcifer_session", "the secret of Ada's browser")
    assert client.get("/", follow_redirects=False).headers["location"] == "/sign-in"


def test_a_form_of_nobody_does_not_sign_out(client: TestClient) -> None:
    del client.headers["x-form-token"]
    assert client.post("/sign-out").status_code == 403
    assert client.get("/", follow_redirects=False).status_code == 200
