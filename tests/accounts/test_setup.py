"""The owner's setup."""

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.conftest import Run
from tests.owner import PASSWORD

from calcifer.accounts.listening import NoOwnerYet, check_address, comes_from_here
from calcifer.wiring import Wiring

pytestmark = pytest.mark.every_input

GRACE = {"name": "Grace Hopper", "mail": "Grace@Example.org", "password": PASSWORD}


@pytest.fixture
def fresh(app: FastAPI, wiring: Wiring) -> FastAPI:
    """An application that has no owner yet."""
    with wiring.units.database.writing() as session:
        for table in ("accounts_tokens", "accounts_sessions", "accounts_people", "activity"):
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608
        session.commit()
    return app


def browser(app: FastAPI, address: str = "127.0.0.1", host: str = "127.0.0.1:8000") -> TestClient:
    """A browser at `address` that calls the server `host`."""
    return TestClient(app, f"http://{host}", client=(address, 50000))


def test_every_page_leads_there(fresh: FastAPI) -> None:
    for path in ("/", "/activity", "/nothing", "/sign-in"):
        assert browser(fresh).get(path, follow_redirects=False).headers["location"] == "/setup", path
    assert browser(fresh).get("/api/v1/accounts/tokens").status_code == 401


def test_makes_the_owner_and_signs_in(fresh: FastAPI) -> None:
    one = browser(fresh)
    assert "Setup code" not in one.get("/setup").text
    answer = one.post("/setup", data=GRACE)
    assert answer.status_code == 200
    assert "Grace Hopper" in answer.text


def test_twice_is_a_conflict(fresh: FastAPI) -> None:
    browser(fresh).post("/setup", data=GRACE)
    assert browser(fresh).post("/setup", data=GRACE).status_code == 409
    assert browser(fresh).get("/setup", follow_redirects=False).headers["location"] == "/"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "short"),
        ("password", "aaaaaaaaaaaaaaaa"),
        ("password", "grace@example.org"),
        ("mail", "grace"),
        ("mail", "a b@example.org"),
        ("mail", "<a@example.org>"),
        ("name", ""),
        ("name", "Grace\nHopper"),
        ("name", "Gr<b>ace"),
        ("name", "."),
        ("name", ","),
        ("name", '"'),
    ],
)
def test_bad_input_comes_back_beside_the_field(fresh: FastAPI, field: str, value: str) -> None:
    answer = browser(fresh).post("/setup", data=GRACE | {field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert PASSWORD not in answer.text
    with fresh.state.units.database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM accounts_people")) == 0


def test_from_another_machine_with_the_code_alone(fresh: FastAPI) -> None:
    elsewhere = browser(fresh, "192.0.2.7", "calcifer.example.org")
    assert "Setup code" in elsewhere.get("/setup").text
    assert elsewhere.post("/setup", data=GRACE).status_code == 422
    assert elsewhere.post("/setup", data=GRACE | {"code": "wrong"}).status_code == 422
    assert elsewhere.post("/setup", data=GRACE | {"code": fresh.state.setup_code}).status_code == 200


@pytest.mark.parametrize(
    ("client", "host", "headers", "is_here"),
    [
        ("127.0.0.1", "127.0.0.1:8000", {}, True),
        ("127.0.0.1", "localhost:8000", {}, True),
        ("::1", "[::1]:8000", {}, True),
        ("::1", "[::1]", {}, True),
        ("192.0.2.7", "127.0.0.1:8000", {}, False),
        ("127.0.0.1", "rebound.example.org:8000", {}, False),
        ("127.0.0.1", "127.0.0.1:8000", {"x-forwarded-for": "192.0.2.7"}, False),
        ("127.0.0.1", "127.0.0.1:8000", {"forwarded": "for=192.0.2.7"}, False),
        (None, "127.0.0.1:8000", {}, False),
        ("testclient", "testserver", {}, False),
    ],
)
def test_who_sits_at_this_machine(client: str | None, host: str, headers: dict[str, str], is_here: bool) -> None:  # noqa: FBT001
    assert comes_from_here(client, host, headers) is is_here


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "calcifer.example.org", ""])  # noqa: S104
def test_until_then_only_this_machine_is_listened_to(host: str) -> None:
    with pytest.raises(NoOwnerYet):
        check_address(host, 8000, is_set_up=False)
    check_address(host, 8000, is_set_up=True)
    for loopback in ("127.0.0.1", "127.0.0.9", "::1", "localhost"):
        check_address(loopback, 8000, is_set_up=False)


def test_command_makes_the_owner(fresh: FastAPI, calcifer: Run) -> None:
    typed = ["accounts", "setup", "--name", "Grace Hopper", "--mail", "grace@example.org", "--password", PASSWORD]
    assert "Grace Hopper owns" in calcifer(*typed).err
    assert calcifer(*typed).code == 5


def test_command_refuses_a_name_that_cannot_sign(fresh: FastAPI, calcifer: Run) -> None:
    done = calcifer("accounts", "setup", "--name", "Gr<b>ace", "--mail", "grace@example.org", "--password", PASSWORD)
    assert (done.code, "This cannot sign a commit: git allows neither '<' nor '>'" in done.err) == (2, True)
