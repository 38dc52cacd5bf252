"""A secret is shown: masked everywhere, in the open where somebody asks, who is named for it."""

import pytest
from fastapi.testclient import TestClient
from tests.conftest import Run
from tests.deployments.conftest import Deployed
from tests.secrets.conftest import Typing

pytestmark = pytest.mark.once


def test_is_an_entry_of_the_activity(web: Deployed, put: Typing, calcifer: Run) -> None:
    put("c4nary", "PASSWORD")
    for words in (["list", "web"], ["show", "web", "PASSWORD"], ["list", "web", "--json"]):
        assert "c4nary" not in calcifer("secrets", *words).out
    assert calcifer("secrets", "show", "web", "PASSWORD", "--reveal").out == "c4nary\n"
    told = calcifer("activity", "list", "--json")
    assert "secrets.reveal" in told.out
    assert "c4nary" not in told.out
    assert calcifer("secrets", "show", "web", "OTHER", "--reveal").code == 3


def test_the_page_shows_it_once_and_lets_nobody_keep_it(web: Deployed, put: Typing, client: TestClient) -> None:
    put("c4nary<b>", "PASSWORD")
    form = {"service_name": "web", "name": "PASSWORD", "target": "production"}
    answer = client.post("/secrets/reveal?service=web", data=form)
    assert "c4nary&lt;b&gt;" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "c4nary" not in client.get("/secrets?service=web").text
