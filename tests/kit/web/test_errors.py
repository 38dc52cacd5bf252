"""Each kind of error has one answer on a page and one in the API, and leaves nothing behind."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from tests.owner import SESSION

Stored = Callable[[str], bool]


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("NotFound", 404, "It is not there."),
        ("Forbidden", 403, "You may not."),
        ("Unavailable", 503, "It does not answer."),
    ],
)
def test_a_page_says_it(browser: TestClient, stored: Stored, name: str, status: int, says: str) -> None:
    answer = browser.post(f"/probe/fail/{name}", data={"title": "typed"})
    assert answer.status_code == status
    assert says in answer.text
    assert "Ada Lovelace" in answer.text
    assert not stored("typed")


def test_a_page_shows_the_way_out(browser: TestClient) -> None:
    assert "Look elsewhere." in browser.post("/probe/fail/NotFound", data={"title": "typed"}).text


def test_a_refused_form_comes_back_with_what_was_typed(browser: TestClient, stored: Stored) -> None:
    answer = browser.post("/probe/fail/Invalid?x=1", data={"title": 'say "<hi>"'})
    assert answer.status_code == 422
    assert answer.text.count("It is &lt;b&gt;bad&lt;/b&gt;.") == 2  # on top, and beside the field
    assert 'value="say &#34;&lt;hi&gt;&#34;"' in answer.text
    assert 'value="as it is"' in answer.text, "the other form of the page is as it was"
    assert not stored('say "<hi>"')


def test_a_conflict_leads_back_to_the_page(browser: TestClient, stored: Stored) -> None:
    answer = browser.post("/probe/fail/Conflict", data={"title": "typed"})
    assert answer.status_code == 409
    assert "It is busy." in answer.text
    assert "Wait." in answer.text
    assert 'value="typed"' in answer.text
    assert 'value="untouched"' in answer.text
    assert not stored("typed")


@pytest.mark.parametrize("title", ["", " ", "a\nb", "x" * 201, "x" * 1_000_000, "\x00", "\u202e"])
def test_what_pydantic_refuses_is_an_invalid_form(browser: TestClient, stored: Stored, title: str) -> None:
    answer = browser.post("/probe/fail/nothing", data={"title": title})
    assert answer.status_code == 422
    assert 'class="field wrong"' in browser.post("/probe/fail/Invalid", data={"title": title}).text
    assert not stored(title)


def test_a_field_that_is_missing_or_unknown(program: TestClient) -> None:
    assert program.post("/api/v1/probe/fail/x", json={}).json()["fields"] == {"title": "This is needed."}
    answer = program.post("/api/v1/probe/fail/x", json={"title": "a", "more": 1})
    assert answer.json()["fields"] == {"more": "There is no such field."}


@pytest.mark.parametrize(
    ("name", "status"),
    [("NotFound", 404), ("Forbidden", 403), ("Invalid", 422), ("Conflict", 409), ("Unavailable", 503)],
)
def test_the_api_answers_with_problem_details(program: TestClient, stored: Stored, name: str, status: int) -> None:
    answer = program.post(f"/api/v1/probe/fail/{name}", json={"title": "typed"})
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["detail"].endswith(".")
    assert problem.get("mend") == {"NotFound": "Look elsewhere.", "Conflict": "Wait."}.get(name)
    assert not stored("typed")


def test_a_defect_is_in_the_log_and_not_on_the_page(
    browser: TestClient, program: TestClient, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    for answer in (
        browser.post("/probe/fail/ValueError", data={"title": "typed"}),
        program.post("/api/v1/probe/fail/ValueError", json={"title": "typed"}),
    ):
        assert answer.status_code == 500
        request_id = answer.headers["x-request-id"]
        assert request_id in answer.text
        assert "secret detail" not in answer.text
        assert "secret detail" in caplog.text
        assert request_id in caplog.text
    assert not stored("typed")


def test_a_page_cannot_write(browser: TestClient) -> None:
    assert browser.get("/probe/writes").status_code == 500


def test_a_failed_commit_is_never_a_success(browser: TestClient) -> None:
    assert browser.post("/probe/commit").status_code == 500


def test_success_is_told_once(browser: TestClient, stored: Stored) -> None:
    answer = browser.post("/probe/fail/nothing", data={"title": "a"})
    assert "Did &lt;a&gt;." in answer.text
    assert "Did" not in browser.get("/probe").text
    assert stored("a")


def test_nobody_else_puts_words_into_our_mouth(browser: TestClient) -> None:
    browser.cookies.set("calcifer_flash", "aGFja2Vk.0000")
    assert "hacked" not in browser.get("/probe").text
    for broken in ("x", ".", "ä.x", "aGFja2Vk", "=.="):
        cookie = f"calcifer_session={SESSION}; calcifer_flash={broken}".encode()
        fresh = TestClient(browser.app, "http://127.0.0.1:8000")
        assert fresh.get("/probe", headers={b"Cookie": cookie}).status_code == 200


def test_methods_and_addresses_that_are_not_there(client: TestClient, api: TestClient) -> None:
    assert client.get("/nothing").status_code == 404
    assert client.get("/sign-out").status_code == 405
    assert client.get("/accounts/tokens/abc/revoke-token").status_code == 405
    assert client.post("/accounts/tokens/abc/revoke-token").status_code == 404
    for answer, status in ((api.get("/api/v1/nothing"), 404), (api.put("/api/v1/accounts/tokens"), 405)):
        assert (answer.status_code, answer.json()["status"]) == (status, status)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"null", b""])
def test_a_broken_body_is_invalid(api: TestClient, body: bytes) -> None:
    answer = api.post("/api/v1/accounts/make-token", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_broken_form_is_refused(client: TestClient) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert client.post("/accounts/make-token", content=b"--x\r\nbroken", headers=headers).status_code in (400, 422)
    headers = {"Content-Type": "multipart/form-data"}
    assert client.post("/accounts/make-token", content=b"--x", headers=headers).status_code in (400, 422)
    fields = "&".join(f"f{number}=1" for number in range(2000))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/accounts/make-token", content=fields, headers=headers).status_code in (400, 422)
