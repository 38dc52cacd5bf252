"""What the tests of kit's web share."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from tests.kit.web import probe
from tests.owner import API_TOKEN, SESSION, form_token


@pytest.fixture
def probed(wiring: Wiring) -> FastAPI:
    """The application with routes that misbehave."""
    return probe.probe(wiring)


@pytest.fixture
def browser(probed: FastAPI) -> TestClient:
    """The owner's browser on it."""
    made = TestClient(probed, "http://127.0.0.1:8000", client=("127.0.0.1", 50000))
    made.cookies.set("calcifer_session", SESSION)
    made.headers["x-form-token"] = form_token()
    return made


@pytest.fixture
def program(probed: FastAPI) -> TestClient:
    """The owner's program on it."""
    return TestClient(probed, "http://127.0.0.1:8000", headers={"Authorization": f"Bearer {API_TOKEN}"})


@pytest.fixture
def stored(wiring: Wiring, actor: Actor) -> Callable[[str], bool]:
    """Say whether something has been recorded about a subject."""
    from calcifer.activity import queries  # noqa: PLC0415

    def is_there(subject: str) -> bool:
        with wiring.units.read(actor) as uow:
            return subject in [entry.subject for entry in queries.list_entries(uow.db)]

    return is_there
