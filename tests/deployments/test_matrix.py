"""Which version is where, and which items it is behind."""

from fastapi.testclient import TestClient

from tests.conftest import Git, Run
from tests.deployments.conftest import Deployed


def test_says_what_is_there_and_what_it_is_behind(
    web: Deployed, calcifer: Run, client: TestClient, api: TestClient
) -> None:
    def cell() -> dict[str, object]:
        (found,) = calcifer("deployments", "matrix", "--json").json
        return {name: found[name] for name in ("service", "host", "target", "state", "commit", "items", "deployment")}

    never: dict[str, object] = {
        "service": "web",
        "host": "here",
        "target": "production",
        "commit": None,
        "items": [],
        "deployment": None,
    }
    assert cell() == never | {"state": "never"}
    first = web.deploy()
    there = never | {"commit": first.commit, "deployment": 1}
    assert cell() == there | {"state": "current"}
    for text in ("two", "three"):
        (web.path / "app.conf").write_text(f"{text}\n")
        assert calcifer("change", "web", "-m", f"Say {text}", "app.conf").code == 0
    assert cell() == there | {"state": "behind", "items": [1, 2]}
    shown = client.get("/deployments/matrix").text
    assert 'href="/work/1"' in shown
    assert 'href="/work/2"' in shown
    assert [one["items"] for one in api.get("/api/v1/deployments/matrix").json()["items"]] == [[1, 2]]
    second = web.deploy()
    assert cell() == there | {"state": "current", "commit": second.commit, "deployment": 2}
    assert calcifer("deployments", "cancel", web.ask()).code == 0
    assert cell() == there | {"state": "current", "commit": second.commit, "deployment": 2}
    web.commit({"web": {"image": "web:2", "x-exit": 3}})
    web.scan()
    assert web.deploy().state == "returned"
    assert cell() == there | {"state": "behind", "commit": second.commit, "deployment": 4}


def test_a_version_that_main_does_not_have(web: Deployed, git: Git, calcifer: Run) -> None:
    web.deploy()
    git(web.path, "reset", "-q", "--hard", "HEAD~0")
    git(web.path, "commit", "-q", "--amend", "-m", "Other")
    web.scan()
    (found,) = calcifer("deployments", "matrix", "--json").json
    assert found["state"] == "elsewhere"
