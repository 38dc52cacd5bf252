"""A secret is taken out of the repository."""

import pytest
from fastapi.testclient import TestClient
from tests.conftest import Git, Run
from tests.deployments.conftest import Deployed
from tests.secrets.conftest import FILE, Typing

pytestmark = pytest.mark.once


def test_is_an_item_without_the_file(web: Deployed, put: Typing, calcifer: Run, git: Git) -> None:
    put("one", "PASSWORD")
    assert calcifer("secrets", "remove", "web", "PASSWORD").code == 0
    assert not (web.path / FILE).exists()
    assert "Remove the secret PASSWORD of production" in git(web.path, "show", "main:CHANGES.md")
    assert calcifer("secrets", "remove", "web", "PASSWORD").code == 2
    assert calcifer("secrets", "remove", "web", "PASSWORD", "--target", "../..").code == 2


def test_the_page_removes_it(web: Deployed, put: Typing, client: TestClient) -> None:
    put("one", "PASSWORD")
    form = {"service_name": "web", "name": "PASSWORD", "target": "production"}
    assert "is completed" in client.post("/secrets/remove?service=web", data=form).text
    assert "no secrets yet" in client.get("/secrets?service=web").text
