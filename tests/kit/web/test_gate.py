"""Nothing answers without a sign-in, and nothing changes because another site wants it."""

import re

import pytest
from fastapi import FastAPI
from starlette.routing import Route
from starlette.testclient import TestClient

from calcifer.kit.web.gate import PUBLIC, local_path
from calcifer.wiring import Wiring
from tests.work import factories

Browser = TestClient


def addresses(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and address of the application, with something in the place of parameters."""
    found = []
    for route in app.routes:
        assert isinstance(route, Route)
        path = re.sub(r"{\w+(:\w+)?}", "1", route.path)
        found += [(method, path) for method in route.methods or ()]
    return sorted(found)


def test_every_route_is_closed_but_the_public_ones(app: FastAPI, stranger: Browser) -> None:
    open_to_all = set()
    for method, path in addresses(app):
        answer = stranger.request(method, path, follow_redirects=False)
        if path.startswith("/api/v1/"):
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
        elif answer.status_code != 303 or not answer.headers["location"].startswith("/sign-in"):
            open_to_all.add(path)
    assert open_to_all == PUBLIC | {"/static/1"}


def test_what_does_not_exist_is_closed_too(stranger: Browser) -> None:
    assert stranger.get("/nothing", follow_redirects=False).headers["location"] == "/sign-in?next=/nothing"
    assert stranger.get("/api/v1/nothing").status_code == 401
    for near in ("/setup/", "/Setup", "//setup", "/static", "/staticx", "/healthz/x", "/sign-in/.."):
        assert stranger.get(near, follow_redirects=False).headers["location"].startswith("/sign-in"), near


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_on_another_site_changes_nothing(client: Browser, site: str) -> None:
    answer = client.post("/accounts/make-token", data={"name": "evil"}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403
    assert "evil" not in client.get("/accounts/tokens").text


def test_an_old_browser_is_known_by_its_origin(client: Browser) -> None:
    for origin, status in (("http://evil.example", 403), ("null", 403), ("http://127.0.0.1:8000", 200)):
        answer = client.post("/accounts/make-token", data={"name": "x"}, headers={"Origin": origin})
        assert answer.status_code == status, origin


def test_another_site_cannot_sign_in_or_set_up(stranger: Browser) -> None:
    for path in ("/sign-in", "/setup"):
        assert stranger.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("token", [None, "", "wrong", "0" * 64, "ä"])
def test_a_form_without_our_token_changes_nothing_and_is_given_back(client: Browser, token: str | None) -> None:
    del client.headers["x-form-token"]
    data = {"name": "mine"} | ({} if token is None else {"form_token": token})
    answer = client.post("/accounts/make-token", data=data)
    assert answer.status_code == 403
    assert 'value="mine"' in answer.text
    assert "send it once more" in answer.text
    assert "mine" not in client.get("/accounts/tokens").text


def test_a_form_with_our_token_in_it_is_taken(client: Browser) -> None:
    del client.headers["x-form-token"]
    token = client.get("/accounts/tokens").text.split('name="form_token" value="')[1].split('"')[0]
    for sent in (
        {"data": {"name": "a", "form_token": token}},
        {"files": {"name": (None, "b"), "form_token": (None, token)}},
    ):
        assert client.post("/accounts/make-token", **sent).status_code == 200


def test_a_cookie_needs_the_token_for_the_api_as_well(client: Browser) -> None:
    assert client.post("/api/v1/accounts/make-token", json={"name": "a"}).status_code == 201
    del client.headers["x-form-token"]
    answer = client.post("/api/v1/accounts/make-token", json={"name": "a"})
    assert (answer.status_code, answer.json()["status"]) == (403, 403)
    assert "needs the header X-Form-Token" in answer.json()["detail"]


def test_a_program_needs_no_form_token(api: Browser) -> None:
    answer = api.post("/api/v1/accounts/make-token", json={"name": "a"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 201


def test_a_token_opens_the_api_alone(api: Browser) -> None:
    assert api.get("/", follow_redirects=False).headers["location"] == "/sign-in"


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "bearer\tx"])
def test_a_wrong_token_opens_nothing(stranger: Browser, authorization: str) -> None:
    answer = stranger.get("/api/v1/accounts/tokens", headers={"Authorization": authorization})
    assert answer.status_code == 401


def test_htmx_is_sent_to_the_sign_in_page_as_a_whole(stranger: Browser) -> None:
    answer = stranger.get("/activity", headers={"HX-Request": "true"})
    assert answer.headers["hx-redirect"] == "/sign-in?next=/activity"
    assert not answer.text


def test_after_signing_in_one_stays_here() -> None:
    assert local_path("/work?state=open&x=%2F%2F") == "/work?state=open&x=%2F%2F"
    for elsewhere in (
        None,
        "",
        "work",
        "//e.example",
        "/\\e.example",
        "https://e.example",
        "/a\\b",
        "/a\nb",
        "javascript:1",
    ):
        assert local_path(elsewhere) == "/", elsewhere


def test_what_was_typed_before_the_sign_in_ended_is_given_back(
    client: Browser, stranger: Browser, wiring: Wiring
) -> None:
    factories.service(wiring)
    typed = {"title": "Pin <nginx>", "reason": "It broke.\n\nTwice.", "form_token": "old"}
    answer = stranger.post("/work/open?x=1", data=typed)
    assert answer.status_code == 401
    assert "Pin &lt;nginx&gt;" in answer.text
    assert "It broke.\n\nTwice.</textarea>" in answer.text
    assert '<form method="post" action="/work/open?x=1"' in answer.text
    assert 'name="form_token" value=""' in answer.text
    again = client.post("/work/open?x=1", data={**typed, "form_token": ""}, headers={"x-form-token": ""})
    assert again.status_code == 403
    assert "It broke.\n\nTwice.</textarea>" in again.text
    assert client.get("/work/1").status_code == 404


def test_a_form_without_text_and_one_that_is_too_long_are_not_read(stranger: Browser) -> None:
    assert stranger.post("/work/1/complete", data={"form_token": "old"}, follow_redirects=False).status_code == 303
    long = stranger.post("/work/open", data={"title": "x" * 1_100_000})
    assert long.status_code == 401
    assert "xxxx" not in long.text
    assert "Go back in your browser" in long.text
