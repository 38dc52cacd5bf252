"""The pages of services: list, overview, history, files, documentation; what they show of repositories they do not trust."""

from collections.abc import Callable

from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from tests.conftest import Ran
from tests.work.factories import service


def test_list_shows_a_service(client: TestClient, wiring: Wiring) -> None:
    service(wiring, "web")
    for where in ("", "/web", "/web/history", "/web/files", "/web/files?path=README.md", "/web/documentation"):
        answer = client.get("/services" + where)
        assert answer.status_code == 200, (where, answer.text)
        assert "web" in answer.text


def test_api(api: TestClient, wiring: Wiring) -> None:
    service(wiring, "web")
    for where in ("", "/web", "/web/history", "/web/files", "/web/files?path=README.md"):
        answer = api.get("/api/v1/services" + where)
        assert answer.status_code == 200, (where, answer.text)


def test_cli(calcifer: Callable[..., Ran], wiring: Wiring) -> None:
    service(wiring, "web")
    for words in (["list"], ["show", "web"], ["files", "web"], ["files", "web", "README.md"], ["history", "web"]):
        assert calcifer("services", *words).code == 0
        assert calcifer("services", *words, "--json").code == 0
