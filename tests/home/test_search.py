"""Search finds services and items by words and numbers, and takes every text for what it is."""

import pytest
from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from tests.work import factories

pytestmark = pytest.mark.every_input


def test_finds_services_and_items(client: TestClient, wiring: Wiring) -> None:
    factories.service(wiring, "web")
    number = factories.opened(wiring, title="Pin nginx")
    assert 'href="/services/web"' in client.get("/search?text=WEB").text
    assert "Pin nginx" in client.get("/search?text=nginx+pin").text
    assert "Pin nginx" in client.get(f"/search?text=%23{number}").text


@pytest.mark.parametrize(
    "text", ["%25", "_", "'; DROP TABLE services", "\\", "<script>alert(1)</script>", "\U0001d7d9", "\u0663"]
)
def test_hostile_text_finds_nothing(client: TestClient, wiring: Wiring, text: str) -> None:
    factories.service(wiring, "web")
    answer = client.get("/search", params={"text": text.replace("%25", "%")})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "Nothing has these words." in answer.text


def test_a_long_text_is_refused(client: TestClient) -> None:
    assert client.get("/search", params={"text": "x" * 201}).status_code == 422
