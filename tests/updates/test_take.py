"""Taking updates: an item for one, a parent with children for several; and those that complete by themselves."""

from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from calcifer.updates import asking, automatic, service
from calcifer.updates.making import NoUpdate
from calcifer.updates.schemas import TakeWish
from calcifer.updates.service import TakenAlready
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.models import Item
from calcifer.work.schemas import ItemChanges, NewChange, NewItem
from tests.conftest import Git, Run
from tests.owner import OWNER
from tests.registry import Registry
from tests.updates.conftest import Check, Serve
from tests.work import factories


def taken(wiring: Wiring, *selectors: str, reason: str = "") -> int:
    """Take updates and return the number of the item."""
    with wiring.units.write(OWNER) as uow:
        return service.take(uow, TakeWish(updates=list(selectors), reason=reason)).number


def item(wiring: Wiring, number: int) -> Item:
    """Read an item."""
    with wiring.units.read(OWNER) as uow:
        return queries.get_item(uow.db, number)


def test_one_becomes_an_item_that_waits_for_its_completion(
    wiring: Wiring, serve: Serve, check: Check, registry: Registry, git: Git
) -> None:
    path = serve()
    before = (path / "docker-compose.yml").read_text()
    check()
    made = item(wiring, taken(wiring, "web/" + f"{registry.name}/nginx"))
    assert made.title == f"Update {registry.name}/nginx from 1.25.3 to 1.27.0"
    assert "A minor update of `web`" in made.reason
    assert (made.state, made.checklist) == ("open", [])
    text = git(path, "show", f"{made.branch}:docker-compose.yml") + "\n"
    assert text == before.replace("1.25.3", "1.27.0")
    assert (path / "docker-compose.yml").read_text() == before
    with pytest.raises(TakenAlready, match="#1 updates"):
        taken(wiring, "web")
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, made.number)
    assert (path / "docker-compose.yml").read_text() == text
    assert f"Update {registry.name}/nginx from 1.25.3 to 1.27.0." in (path / "CHANGES.md").read_text()
    with pytest.raises(NoUpdate):
        taken(wiring, "web")


def test_several_become_children_that_complete_alone(
    wiring: Wiring, serve: Serve, check: Check, calcifer: Run, git: Git, registry: Registry
) -> None:
    registry.push("redis", "7.0", "7.2")
    path = serve("web", more=f"  db:\n    image: {registry.name}/redis:7.0\n")
    serve("api")
    check()
    ran = calcifer("updates", "take", "web", "api", "web", "-m", "Monthly round.", "--json")
    assert (ran.code, ran.json["title"], ran.json["is_parent"]) == (0, "Update 3 images", True)
    with wiring.units.read(OWNER) as uow:
        children = [(one.number, one.service.name) for one in queries.list_children(uow.db, ran.json["number"])]
    assert [name for _, name in children] == ["web", "web", "api"]
    for number, _ in children:
        with wiring.units.write(OWNER) as uow:
            work.complete(uow, number)
    assert "redis:7.2" in (path / "docker-compose.yml").read_text()
    assert "nginx:1.27.0" in (path / "docker-compose.yml").read_text()
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, ran.json["number"])
        back = work.revert(uow, children[0][0], "It does not start.").number  # each has its own way back
    assert back


def test_what_is_taken_already_is_left_out_whatever_its_item_is_called(
    wiring: Wiring, serve: Serve, check: Check, registry: Registry
) -> None:
    registry.push("redis", "7.0", "7.2")
    serve("web", more=f"  old:\n    image: {registry.name}/nginx:1.25.5\n  db:\n    image: {registry.name}/redis:7.0\n")
    check()
    with wiring.units.write(OWNER) as uow:
        work.open(uow, NewItem(title=f"Update {registry.name}/redis from scratch", reason="By hand.", service="web"))
    assert taken(wiring, f"web/{registry.name}/nginx:1.25.3") == 2
    with wiring.units.write(OWNER) as uow:
        work.edit(uow, 2, ItemChanges(title="The newer proxy"))
    assert item(wiring, taken(wiring, "web")).title == "Update 2 images"
    with wiring.units.read(OWNER) as uow:
        titles = {item(wiring, one.item).title for one in service.outs(uow, "web") if one.item}
    both = {f"Update {registry.name}/nginx from 1.25.5 to 1.27.0", f"Update {registry.name}/redis from 7.0 to 7.2"}
    assert titles == {"The newer proxy"} | both
    with pytest.raises(TakenAlready, match="is open"):
        taken(wiring, "web")


def test_by_page_and_api(
    wiring: Wiring, serve: Serve, check: Check, client: TestClient, api: TestClient, registry: Registry
) -> None:
    serve()
    image = f"{registry.name}/nginx:1.25.3"
    refused = api.post("/api/v1/updates/take", json={"updates": [f"web/{image}"]})
    assert (refused.status_code, "not asked yet" in refused.json()["detail"]) == (409, True)
    check()
    assert api.post("/api/v1/updates/take", json={"updates": ["nobody/x"]}).status_code == 404
    assert api.post("/api/v1/updates/take", json={"updates": ["web/x"]}).status_code == 404
    assert api.post("/api/v1/updates/take", json={"updates": []}).status_code == 422
    nothing = client.post("/updates/take", data={"reason": "Typed already."})
    assert "Choose at least one update." in nothing.text
    assert "Typed already." in nothing.text
    page = client.post("/updates/take", data={"update": [f"web/{image}"], "reason": "A hole was mended."})
    assert page.url.path == "/work/1"
    assert "A hole was mended." in page.text
    assert api.post("/api/v1/updates/take", json={"updates": ["web"]}).status_code == 409
    assert api.get("/api/v1/updates").json()["items"][0]["item"] == 1


# -- by themselves ------------------------------------------------------------------------------------------------------


def test_what_may_completes_by_itself(
    wiring: Wiring, serve: Serve, check: Check, git: Git, registry: Registry, calcifer: Run
) -> None:
    path = serve("web", rule="automatic: patch")  # the newest that is allowed is a minor one
    serve("api", rule="allow: minor")
    result = check().result
    assert result == {"asked": 1, "unanswered": 0, "items": [1]}
    made = item(wiring, 1)
    assert (made.state, made.author, made.completed_by) == ("completed", "Calcifer", "Calcifer")
    assert "complete by themselves; Ada" in made.reason
    assert "nginx:1.25.5" in (path / "docker-compose.yml").read_text()
    assert git(path, "log", "-1", "--format=%an") == "Calcifer"
    assert check().result == {"asked": 1, "unanswered": 0, "items": []}


def test_what_a_rule_holds_stays_open_until_it_does_not(
    wiring: Wiring, serve: Serve, check: Check, registry: Registry
) -> None:
    name = registry.name
    serve("web", rule="automatic: patch\n    allow: patch", readme=f"# Web\n\nRuns {name}/nginx:1.25.3.\n")
    assert (check().result or {})["items"] == [1]
    assert item(wiring, 1).state == "open"
    assert (check().result or {})["items"] == []
    with wiring.units.write(OWNER) as uow:
        work.edit(uow, 1, ItemChanges(docs_reason="The README tells of the past."))
    assert (check().result or {})["items"] == [1]  # as where a server was killed before the end
    assert item(wiring, 1).state == "completed"


def test_what_was_given_up_does_not_come_again(
    wiring: Wiring, serve: Serve, check: Check, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "FRESH", asking.FRESH * 0)
    serve("web", rule="automatic: patch", readme=f"# Web\n\nRuns {registry.name}/nginx:1.25.3.\n")
    check()
    with wiring.units.write(OWNER) as uow:
        work.edit(uow, 1, ItemChanges(title="The newer proxy"))
        work.drop(uow, 1)
    assert (check().result or {})["items"] == []
    registry.push("nginx", "1.25.6")
    assert (check().result or {})["items"] == [2]


def test_who_acts_has_the_role_of_who_set_it(wiring: Wiring, serve: Serve, check: Check) -> None:
    serve("web")
    with wiring.units.read(OWNER) as uow:
        assert automatic._setter(uow, "web") == (automatic.CALCIFER, "somebody")
    text = "title: Web\nupdates: [{image: '*', automatic: major, allow: major}]\n"
    change = {"service": "web", "reason": "Let them.", "files": [{"path": ".calcifer/service.yaml", "content": text}]}
    with wiring.units.write(OWNER) as uow:
        done, _ = work.change(uow, NewChange.model_validate(change))
        assert done.state == "completed"
    factories.completed(
        wiring, "web", content="services: {web: {image: 'nginx:1'}}\n"
    )  # somebody else's work on top of it
    with wiring.units.read(OWNER) as uow:
        actor, by = automatic._setter(uow, "web")
    assert (actor.name, actor.role, by) == ("Calcifer", "owner", OWNER.name)


@pytest.mark.once
def test_who_set_it_is_never_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    def brought(*contents: str) -> int | None:
        """Return which of these contents counts as the one that set the rules, the newest of them on main."""
        updates: list[dict[str, object]] = [{"image": "*", "match": None, "allow": "major", "automatic": "major"}]
        oids = [str(number) for number in range(len(contents))]
        commits = [SimpleNamespace(oid=oid) for oid in reversed(oids)]
        repository: Any = SimpleNamespace(
            log=lambda _head, limit, **_: commits[:limit],
            entry=lambda oid, _path: SimpleNamespace(oid=oid) if contents[int(oid)] else None,
            blob=lambda oid: contents[int(oid)].encode(),
        )
        found = automatic._brought(repository, "", "", updates)
        return None if found is None else int(found)

    says = "title: Web\nupdates: [{image: '*', automatic: major, allow: major}]\n"
    assert brought("title: Web\n", says, says) == 1
    assert brought("title: Web\n", "updates: [", says) == 2
    assert brought("", says, "updates: [", says) == 1
    assert brought(says, "updates: [") == 0
    monkeypatch.setattr(automatic, "MOST_COMMITS", 2)
    assert brought(says, says) == 0
    assert brought(says, says, says) is None
