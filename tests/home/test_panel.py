"""The panel: what is mine, what is open, what waits, what to do next; at the same cost however much there is."""

from datetime import UTC, datetime

from sqlalchemy import update
from starlette.testclient import TestClient

from calcifer.kit.promises import JobRow
from calcifer.services.models import Service
from calcifer.wiring import Wiring
from calcifer.work.models import Stray
from tests.work import factories


def test_an_empty_workspace_names_the_first_step(client: TestClient) -> None:
    shown = client.get("/").text
    assert "First steps" in shown
    assert "calcifer adopt PATH" in shown
    assert "copied or cloned into the workspace" in shown
    assert "Nothing is yours to do." in shown


def test_the_next_step_follows(client: TestClient, wiring: Wiring) -> None:
    factories.service(wiring)
    assert 'href="/work/new"' in client.get("/").text
    number = factories.opened(wiring)
    assert f"Go on with #{number}" in client.get("/").text
    factories.committed(wiring, number)
    factories.finished(wiring, number)
    assert client.post(f"/work/{number}/complete").status_code == 200
    assert "First steps" not in client.get("/").text


def test_open_items_are_listed_newest_first(client: TestClient, wiring: Wiring) -> None:
    factories.service(wiring)
    numbers = [factories.opened(wiring, title=f"Change {n}") for n in range(3)]
    shown = client.get("/").text
    places = [shown.index(f"Change {n}") for n in range(3)]
    assert places == sorted(places, reverse=True)
    assert f'href="/work/{numbers[0]}"' in shown


def test_problems_are_shown_first(client: TestClient, wiring: Wiring) -> None:
    factories.service(wiring, "web")
    factories.service(wiring, "gone")
    now = datetime.now(UTC)
    with wiring.units.database.writing() as session:
        session.execute(update(Service).where(Service.name == "web").values(descriptor_error="Line 3, column 1: <b>"))
        session.execute(update(Service).where(Service.name == "gone").values(missing_since=now))
        session.add(Stray(service_id=1, oid="a" * 40, subject="<i>sneaked</i> in", author="Eve", at=now))
        done = {"state": "failed", "error": "Nobody answered.", "made_at": now, "due_at": now, "finished_at": now}
        who = {"actor_name": "Ada", "actor_mail": "ada@example.org", "actor_role": "owner"}
        session.add(JobRow(name="git.push", subject="web", **done, **who))
        session.commit()
    shown = client.get("/").text
    waits = shown[shown.index("Waits for somebody") : shown.index('id="mine"')]
    assert "Line 3, column 1: &lt;b&gt;" in waits
    assert "not at its place" in waits
    assert "&lt;i&gt;sneaked&lt;/i&gt; in" in waits
    assert "Nobody answered." in waits
