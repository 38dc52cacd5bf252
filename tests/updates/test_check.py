"""Asking registries: what is asked, what is kept, and what is said where one does not answer."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from calcifer import config
from calcifer.kit import promises
from calcifer.kit.errors import Invalid
from calcifer.updates import asking, service
from calcifer.updates import registry as asked
from calcifer.wiring import Wiring
from tests.conftest import Run
from tests.owner import OWNER
from tests.registry import Registry, digest_of
from tests.updates.conftest import Check, Outs, Serve
from tests.work import factories


def test_few_questions_are_asked_and_what_is_the_same_is_not_told_again(
    serve: Serve, check: Check, outs: Outs, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("web")
    serve("api")
    assert outs()["web/nginx:1.25.3"].state == "unknown"
    result = check().result
    assert result == {"asked": 1, "unanswered": 0, "items": []}
    assert registry.asked == ["GET /v2/nginx/tags/list?n=1000", "HEAD /v2/nginx/manifests/1.27.0"]
    found = outs()["web/nginx:1.25.3"]
    assert (found.to, found.kind, found.beyond) == (f"{registry.name}/nginx:1.27.0", "minor", "2.0.0")
    assert found.digest == digest_of("nginx:1.27.0")
    check()
    assert len(registry.asked) == 3  # its tags are fresh, what 1.27.0 means is asked again
    monkeypatch.setattr(asking, "FRESH", asking.FRESH * 0)
    registry.asked.clear()
    registry.push("nginx", "1.28.0")
    check("web")
    assert [one.partition("?")[0] for one in registry.asked] == [
        "GET /v2/nginx/tags/list",
        "HEAD /v2/nginx/manifests/1.28.0",
    ]
    check("web")
    assert outs()["web/nginx:1.25.3"].kind == "minor"


def test_what_is_asked_for_one_service_leaves_what_is_known_for_others(
    serve: Serve, check: Check, outs: Outs, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "FRESH", asking.FRESH * 0)
    registry.push("nginx", "1.25.5-alpine", "1.26.0-alpine")
    serve("web")
    serve("api", "nginx:1.25.5-alpine")
    check()
    registry.push("nginx", "1.28.0")
    check("web")
    assert {name: one.state for name, one in outs().items()} == {
        "web/nginx:1.25.3": "update",
        "api/nginx:1.25.5-alpine": "update",
    }


def test_one_image_that_nobody_expected_keeps_no_other_from_being_asked_for(
    wiring: Wiring, serve: Serve, check: Check, outs: Outs, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("web")
    factories.service(wiring, "bad", {"docker-compose.yml": "services: {a: {image: 'bad.example/x:1.0'}}\n"})

    def broken(registry: str, *more: Any) -> Any:
        return asked.Registry(registry, *more) if "127.0.0.1" in registry else 1 / 0

    monkeypatch.setattr(asking, "Registry", broken)
    assert check().result == {"asked": 2, "unanswered": 1, "items": []}
    assert outs()["web/nginx:1.25.3"].state == "update"
    assert "was not asked" in (outs()["bad/x:1.0"].error or "")


def test_a_registry_that_does_not_answer_is_a_sentence_and_what_was_known_stays(
    serve: Serve, check: Check, outs: Outs, registry: Registry, calcifer: Run, client: TestClient
) -> None:
    serve("web")
    check()
    registry.asked.clear()
    registry.answer = lambda request: request.say(429, {}, {"Retry-After": "600"})
    assert check().result == {"asked": 1, "unanswered": 1, "items": []}
    found = outs()["web/nginx:1.25.3"]
    assert (found.state, found.error) == ("update", f"{registry.name} takes no more questions for 600 seconds.")
    assert len(registry.asked) == 1
    assert check().result == {"asked": 0, "unanswered": 0, "items": []}
    assert len(registry.asked) == 1
    assert "takes no more questions" in client.get("/updates").text
    assert "takes no more questions" in calcifer("updates").err


def test_nothing_answers(wiring: Wiring, calcifer: Run, client: TestClient) -> None:
    compose = "services: {a: {image: '127.0.0.1:9/a:1.0'}, b: {image: '127.0.0.1:9/b:1.0'}, c: {build: .}, d: {image: '$X'}}\n"
    factories.service(wiring, "web", {"docker-compose.yml": compose})
    ran = calcifer("updates", "check", "--json")
    assert (ran.code, ran.json["job"]["unanswered"]) == (5, 2)
    states = {one["image"]: one["state"] for one in ran.json["updates"]}
    assert states == {"127.0.0.1:9/a:1.0": "unknown", "127.0.0.1:9/b:1.0": "unknown", "$X": "unreadable"}
    page = client.get("/updates")
    assert page.status_code == 200
    assert "127.0.0.1:9 cannot be reached: Connection refused." in page.text


def test_what_has_no_version_is_told_by_its_content(serve: Serve, check: Check, outs: Outs, registry: Registry) -> None:
    old = digest_of("old")
    serve("pinned", f"nginx:latest@{old}")
    serve("floating", "nginx")
    serve("pinning", "nginx", "allow: digest")
    check()
    found, new = outs(), digest_of("nginx:latest")
    assert found[f"pinned/nginx:latest@{old}"].to == f"{registry.name}/nginx:latest@{new}"
    assert (found["floating/nginx"].state, found["floating/nginx"].digest) == ("floating", new)
    assert found["pinning/nginx"].to == f"{registry.name}/nginx:latest@{new}"


def test_by_page_and_api(serve: Serve, client: TestClient, api: TestClient, wiring: Wiring, registry: Registry) -> None:
    serve("web")
    assert client.post("/updates/check").url.path == "/updates"
    made = api.post("/api/v1/updates/check", json={"service": "web"})
    assert made.status_code == 202
    wiring.jobs.run_due()
    there = api.get(f"/api/v1/updates/jobs/{made.json()['id']}").json()
    assert (there["service"], there["state"], there["asked"]) == ("web", "done", 1)
    assert api.post("/api/v1/updates/check", json={"service": "nobody"}).status_code == 404
    assert api.get("/api/v1/updates/jobs/999").status_code == 404
    (found,) = api.get("/api/v1/updates").json()["items"]
    assert (found["service"], found["to"]) == ("web", f"{registry.name}/nginx:1.27.0")
    assert "nginx:1.27.0" in client.get("/updates?all=true&service=web").text
    assert api.get("/api/v1/updates", params={"service": "nobody"}).status_code == 404


def test_once_a_day_and_never_where_it_is_not_wanted(wiring: Wiring) -> None:
    def due() -> list[float]:
        with wiring.units.read(OWNER) as uow:
            rows = promises.list_jobs(uow.db, prefix=service.DAILY, finished=False)
            return [round((row.due_at - uow.now).total_seconds() / 60) for row in rows if row.state == "pending"]

    def scheduled(hours: int, *, anew: bool) -> list[float]:
        with wiring.units.write(OWNER) as uow:
            service.schedule(uow, hours, anew=anew)
        return due()

    assert scheduled(24, anew=False) == [5]  # a server that has never asked does so soon, not while it starts
    assert scheduled(24, anew=True) == [1440]
    assert scheduled(24, anew=False) == [1440]  # each start would put it off otherwise
    assert scheduled(6, anew=False) == [360]
    assert scheduled(0, anew=False) == []


@pytest.mark.once
def test_settings() -> None:
    read = config.read({"CALCIFER_UPDATES_HOURS": "0", "CALCIFER_PLAIN_REGISTRIES": "nas:5000, b:1"})
    assert (read.updates_hours, read.plain_registries) == (0, frozenset({"nas:5000", "b:1"}))
    with pytest.raises(Invalid, match=re.escape("from 0 (never) to 8760")):
        config.read({"CALCIFER_UPDATES_HOURS": "-1"})
