"""A service's overview: descriptor, facts, neighbours in both directions, cycles, and what is wrong with it."""

import json
import shutil
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from calcifer.services.cycles import cycles_through
from calcifer.services.models import ServiceDependency
from calcifer.wiring import Wiring
from tests.conftest import Ran
from tests.services.repositories import EVIL, changed, damaged
from tests.work.factories import service


def depends(wiring: Wiring, *edges: tuple[int, str]) -> None:
    """Make services, by their number in the database, depend on names."""
    with wiring.units.database.writing() as session:
        session.add_all(ServiceDependency(service_id=number, name=name) for number, name in edges)
        session.commit()


NAMES = st.sampled_from("abcdef")


@given(st.sets(st.tuples(NAMES, NAMES), max_size=20))
def test_each_cycle_is_a_way_round(edges: set[tuple[str, str]]) -> None:
    found = cycles_through("a", edges)
    for cycle in found:
        assert cycle[0] == cycle[-1] == "a"
        assert "a" not in cycle[1:-1]
        assert set(pairwise(cycle)) <= edges
    reached, waiting = set[str](), ["a"]
    while waiting:
        here = waiting.pop()
        new = {dependency for dependent, dependency in edges if dependent == here} - reached
        reached |= new
        waiting += new
    assert bool(found) == ("a" in reached)


def test_neighbours_are_shown_in_both_directions(client: TestClient, api: TestClient, wiring: Wiring) -> None:
    for name in ("web", "database", "backup"):
        service(wiring, name)
    depends(wiring, (1, "database"), (1, "elsewhere"), (3, "web"))
    shown = client.get("/services/web").text
    assert 'href="/services/database"' in shown
    assert 'href="/services/backup"' in shown
    assert "no such service is known" in shown
    told = api.get("/api/v1/services/web").json()
    assert told["depends_on"] == [{"name": "database", "is_known": True}, {"name": "elsewhere", "is_known": False}]
    assert told["needed_by"] == [{"name": "backup", "is_known": True}]
    assert told["cycles"] == []


def test_a_cycle_is_shown(client: TestClient, api: TestClient, calcifer: Callable[..., Ran], wiring: Wiring) -> None:
    for name in ("web", "database", "backup"):
        service(wiring, name)
    depends(wiring, (1, "database"), (2, "backup"), (3, "web"))
    assert api.get("/api/v1/services/web").json()["cycles"] == [["web", "database", "backup", "web"]]
    assert "It depends on itself" in client.get("/services/web").text
    assert "web → database → backup → web" in calcifer("services", "show", "web").out


def test_a_broken_descriptor_is_shown_with_its_notes(client: TestClient, wiring: Wiring) -> None:
    service(wiring, "web")
    notes = ["The key 'colour' is not known."]
    changed(wiring, "web", descriptor_error="Line 3, column 7: a mapping was expected.", descriptor_notes=notes)
    shown = client.get("/services/web").text
    assert "Line 3, column 7" in shown
    assert "stays in force" in shown
    assert "colour" in shown


def test_what_runs_is_shown(client: TestClient, calcifer: Callable[..., Ran], wiring: Wiring) -> None:
    service(wiring, "web")
    container = {
        "image": "nginx:1.25",
        "ports": ["8080:80"],
        "volumes": ["data:/data"],
        "healthcheck": "curl -f localhost",
    }
    facts = {"files": ["docker-compose.yml"], "containers": {"proxy": container}, "networks": ["front"], "volumes": []}
    changed(wiring, "web", facts=facts)
    shown = client.get("/services/web").text
    for words in ("proxy", "nginx:1.25", "8080:80", "data:/data", "curl -f localhost", "front"):
        assert f"<code>{words}</code>" in shown
    assert 'href="/services/web/files?path=docker-compose.yml"' in shown
    assert "nginx:1.25" in calcifer("services", "show", "web").out


def test_links_lead_to_the_web_only(client: TestClient, wiring: Wiring) -> None:
    service(wiring, "web")
    links = [{"title": "Good", "url": "https://example.org/"}, {"title": "Bad", "url": "javascript:alert(1)"}, {}]
    changed(wiring, "web", links=links)
    shown = client.get("/services/web").text
    assert 'href="https://example.org/"' in shown
    assert 'href="javascript' not in shown


def test_nothing_of_a_repository_is_html(client: TestClient, wiring: Wiring) -> None:
    service(wiring, "web")
    texts = ["title", "description", "kind", "owner", "lifecycle", "visibility", "policy", "verify", "descriptor_error"]
    container: dict[str, object] = {key: [EVIL] for key in ("ports", "volumes", "networks", "depends_on")}
    container |= dict.fromkeys(["image", "build", "healthcheck"], EVIL)
    lists = {key: [EVIL] for key in ("files", "networks", "volumes")}
    facts = {"containers": {EVIL: container}, "error": EVIL, **lists}
    links = [{"title": EVIL, "url": f"https://example.org/{EVIL}"}]
    changed(wiring, "web", **dict.fromkeys(texts, EVIL), facts=facts, links=links, descriptor_notes=[EVIL])
    answer = client.get("/services/web")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("name", ["nope", "%2e%2e", "a%20b", "%ff", "-", "%0a", EVIL.replace("/", "%2F"), "x" * 300])
def test_an_unknown_name_is_a_sentence(client: TestClient, api: TestClient, name: str) -> None:
    for part in ("", "/history", "/files", "/documentation"):
        assert client.get(f"/services/{name}{part}").status_code in {404, 422}
    for part in ("", "/history", "/files"):
        answer = api.get(f"/api/v1/services/{name}{part}")
        assert answer.status_code in {404, 422}
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("how", ["gone", "no repository", "damaged", "empty"])
def test_a_repository_that_cannot_be_read_is_a_sentence(
    client: TestClient, api: TestClient, calcifer: Callable[..., Ran], wiring: Wiring, how: str
) -> None:
    path = service(wiring, "web")
    if how == "damaged":
        damaged(path)
    elif how == "empty":
        (path / ".git" / "refs" / "heads" / "main").unlink()
    else:
        shutil.rmtree(path if how == "gone" else path / ".git")
    for part in ("", "/history", "/files", "/documentation"):
        answer = client.get("/services/web" + part)
        assert answer.status_code == 200
        assert 'class="note bad"' in answer.text
    for part in ("/history", "/files"):
        assert api.get("/api/v1/services/web" + part).status_code in {404, 503}
    assert client.get("/services/web/raw?path=README.md").status_code in {404, 503}
    assert calcifer("services", "files", "web").code in {3, 6}
    assert api.get("/api/v1/services/web").status_code == 200


def test_etag_is_that_of_what_was_read(api: TestClient, wiring: Wiring) -> None:
    service(wiring, "web")
    first = api.get("/api/v1/services/web").headers["etag"]
    assert api.get("/api/v1/services/web").headers["etag"] == first
    changed(wiring, "web", head="f" * 40)
    assert api.get("/api/v1/services/web").headers["etag"] != first


def test_command_shows_it(calcifer: Callable[..., Ran], wiring: Wiring) -> None:
    service(wiring, "web")
    assert "Repository" in calcifer("services", "show", "web").out
    assert json.loads(calcifer("services", "show", "web", "--json").out)["name"] == "web"
    assert calcifer("services", "show", "nope").code == 3


def test_a_broken_compose_file_is_called_broken_and_leads_to_its_mending(
    client: TestClient, calcifer: Callable[..., Ran], wiring: Wiring
) -> None:
    service(wiring, "web", {"docker-compose.yml": "services: [\n"})
    shown = client.get("/services/web").text
    assert "The compose file is broken. docker-compose.yml, line 2, column 1:" in shown
    assert "No compose file says" not in shown
    assert 'href="/work/change?service_name=web&amp;path=docker-compose.yml"' in shown
    assert "docker-compose.yml, line 2" in calcifer("services", "show", "web").out
    service(wiring, "bare", {"docker-compose.yml": "services: {}\n"})
    assert "is broken" not in client.get("/services/bare").text


def test_networks_and_volumes_are_called_what_they_are(client: TestClient, wiring: Wiring) -> None:
    service(
        wiring, "web", {"docker-compose.yml": "services: {a: {image: x}}\nnetworks: {front: {}}\nvolumes: {data: {}}\n"}
    )
    shown = client.get("/services/web").text
    assert "<dt>Networks it declares</dt><dd><code>front</code>" in shown
    assert "<dt>Volumes it declares</dt><dd><code>data</code>" in shown
    assert "Shared" not in shown
