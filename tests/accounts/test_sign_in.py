"""Signing in."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.conftest import Run
from tests.owner import OWNER, PASSWORD

from calcifer.accounts import pages
from calcifer.kit.web.waiting import Delays


class Clock:
    """A clock that goes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Delays that begin with the test."""
    made = Clock()
    monkeypatch.setattr(pages, "delays", Delays(made))
    return made


def attempt(browser: TestClient, password: str = PASSWORD, mail: str = OWNER.mail, following: str = "/activity") -> int:
    """Return the status of an attempt."""
    data = {"mail": mail, "password": password, "next": following}
    return browser.post("/sign-in", data=data, follow_redirects=False).status_code


def test_leads_to_where_one_wanted_to_go(stranger: TestClient) -> None:
    wanted = stranger.get("/activity?service=web", follow_redirects=False)
    assert wanted.headers["location"] == "/sign-in?next=/activity%3Fservice%3Dweb"
    form = stranger.get(wanted.headers["location"])
    assert 'name="next" value="/activity?service=web"' in form.text
    data = {"mail": OWNER.mail.upper(), "password": PASSWORD, "next": "/activity?service=web"}
    answer = stranger.post("/sign-in", data=data)
    assert answer.url.path == "/activity"


@pytest.mark.parametrize(
    "elsewhere", ["//example.org", "https://example.org/", "/\\example.org", "javascript:alert(1)", "/\t/example.org"]
)
def test_leads_nowhere_else(stranger: TestClient, elsewhere: str) -> None:
    data = {"mail": OWNER.mail, "password": PASSWORD, "next": elsewhere}
    assert stranger.post("/sign-in", data=data, follow_redirects=False).headers["location"] == "/"


def test_a_wrong_password_keeps_what_was_typed(stranger: TestClient) -> None:
    data = {"mail": OWNER.mail, "password": "wrong-secret", "next": "/activity"}
    answer = stranger.post("/sign-in", data=data)
    assert answer.status_code == 422
    assert f'value="{OWNER.mail}"' in answer.text
    assert 'value="/activity"' in answer.text
    assert "wrong-secret" not in answer.text


def test_nobody_learns_who_has_an_account(stranger: TestClient) -> None:
    known, unknown = (
        stranger.post("/sign-in", data={"mail": mail, "password": "wrong"}).text.replace(mail, "")
        for mail in (OWNER.mail, "nobody@example.org")
    )
    assert known == unknown


def test_failures_make_it_wait_and_the_owner_gets_in_after_that(stranger: TestClient, clock: Clock) -> None:
    assert [attempt(stranger, "wrong") for _ in range(4)] == [422] * 4
    refused = stranger.post("/sign-in", data={"mail": OWNER.mail, "password": PASSWORD}, follow_redirects=False)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert "try again in 1 seconds" in refused.text
    clock.now += 1
    assert attempt(stranger) == 303
    assert attempt(stranger, "wrong") == 422


def test_nobody_waits_longer_than_a_minute(stranger: TestClient, clock: Clock) -> None:
    for _ in range(30):
        clock.now += 60
        assert attempt(stranger, "wrong") == 422
    assert attempt(stranger) == 429
    clock.now += 60
    assert attempt(stranger) == 303


def test_another_address_does_not_wait(app: FastAPI, stranger: TestClient) -> None:
    for _ in range(5):
        attempt(stranger, "wrong")
    assert attempt(stranger) == 429
    elsewhere = TestClient(app, "http://127.0.0.1:8000", client=("192.0.2.7", 50000))
    assert attempt(elsewhere) == 303


def test_a_browser_that_is_known_does_not_wait_for_the_guesses_of_others(app: FastAPI, stranger: TestClient) -> None:
    assert attempt(stranger) == 303
    beside = TestClient(app, "http://127.0.0.1:8000", client=("127.0.0.1", 50001))  # behind the same proxy
    for _ in range(6):
        attempt(beside, "wrong")
    assert attempt(beside) == 429
    assert attempt(stranger) == 303


def test_a_mark_is_no_way_around_the_delay(app: FastAPI, stranger: TestClient) -> None:
    attempt(stranger)
    mark = stranger.cookies["calcifer_known"]
    assert [attempt(stranger, "wrong") for _ in range(6)][-1] == 429
    for forged in ("x.y", mark[:-1], "other." + mark.partition(".")[2], ".", ""):
        guesser = TestClient(app, "http://127.0.0.1:8000", client=("192.0.2.9", 1))
        guesser.headers["Cookie"] = f"calcifer_known={forged}"
        attempt(guesser, "wrong")
    guesser = TestClient(app, "http://127.0.0.1:8000", client=("192.0.2.9", 1))
    assert attempt(guesser) == 429, "all of them were counted at the address"


def test_a_new_password_ends_a_mark(app: FastAPI, stranger: TestClient, calcifer: Run) -> None:
    attempt(stranger)
    calcifer("accounts", "change-password", "--password", "another horse with a battery")
    assert [attempt(stranger) for _ in range(5)][-1] == 429
    beside = TestClient(app, "http://127.0.0.1:8000", client=("127.0.0.1", 50001))
    assert attempt(beside) == 429


def test_an_ipv6_network_is_one_guesser(app: FastAPI) -> None:
    guesses = [
        attempt(TestClient(app, "http://127.0.0.1:8000", client=(f"2001:db8::{number}", 1)), "wrong")
        for number in range(5)
    ]
    assert guesses[-1] == 429
    assert attempt(TestClient(app, "http://127.0.0.1:8000", client=("2001:db8:0:1::1", 1))) == 303


def test_the_cookie_is_out_of_reach_of_scripts(stranger: TestClient) -> None:
    data = {"mail": OWNER.mail, "password": PASSWORD}
    cookie = stranger.post("/sign-in", data=data, follow_redirects=False).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    behind = TestClient(stranger.app, "http://127.0.0.1:8000", headers={"Origin": "https://127.0.0.1:8000"})
    assert "Secure" in behind.post("/sign-in", data=data, follow_redirects=False).headers["set-cookie"]


def test_an_old_session_has_expired(client: TestClient, app: FastAPI) -> None:
    app.state.units.clock = lambda: datetime.now(UTC) + timedelta(days=31)
    assert client.get("/", follow_redirects=False).headers["location"] == "/sign-in"
