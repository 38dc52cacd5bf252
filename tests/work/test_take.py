"""A branch that is there goes on as an item."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.kit.errors import Conflict, Invalid, NotFound
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.service import taking
from calcifer.work.takings import Take
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.conftest import Find

PINNED = factories.COMPOSE.replace("1.25", "1.27")


def branch(web: Path, name: str = "try-mainline", *subjects: str) -> str:
    """Commit to a branch as a person does, go back to main, and return the head."""
    factories.git(web, "switch", "-q", "-c", name)
    for number, subject in enumerate(subjects or ("Pin nginx", "Say why")):
        (web / "docker-compose.yml").write_text(PINNED + f"# {number}\n")
        factories.git(web, "commit", "-q", "-a", "-m", subject)
    head = factories.git(web, "rev-parse", "HEAD")
    factories.git(web, "switch", "-q", "main")
    return head


def taken(wiring: Wiring, name: str = "try-mainline", **more: object) -> int:
    """Take a branch and return the item's number."""
    new = Take.model_validate({"service": "web", "branch": name, "reason": "Still wanted."} | more)
    with wiring.units.write(OWNER) as uow:
        return work.take(uow, new).number


def test_the_items_branch_begins_at_its_head_and_the_branch_stays(wiring: Wiring, web: Path, find: Find) -> None:
    head = branch(web)
    item = find(taken(wiring))
    assert (item.title, item.reason, item.branch, item.head) == ("Pin nginx", "Still wanted.", "work/1-pin-nginx", head)
    assert factories.git(web, "rev-parse", "work/1-pin-nginx", "try-mainline") == f"{head}\n{head}"
    assert factories.git(web, "branch", "--show-current") == "main"


def test_it_completes_like_any_other(wiring: Wiring, web: Path) -> None:
    head = branch(web)
    number = taken(wiring)
    factories.finished(wiring, number)
    with pytest.raises(Conflict, match="entry"), wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    factories.committed(wiring, number)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert head in factories.git(web, "rev-list", "main").split()
    assert factories.git(web, "rev-parse", "try-mainline") == head


def test_of_origin_as_of_the_last_fetch(wiring: Wiring, web: Path, tmp_path: Path, find: Find) -> None:
    head = branch(web, "elsewhere")
    factories.git(tmp_path, "clone", "-q", "--bare", str(web), "origin.git")
    factories.git(web, "branch", "-q", "-D", "elsewhere")
    factories.git(web, "remote", "add", "origin", str(tmp_path / "origin.git"))
    factories.git(web, "fetch", "-q")
    with wiring.units.read(OWNER) as uow:
        assert [one.name for one in taking.branches(uow, "web")] == ["origin/elsewhere"]
    assert find(taken(wiring, "elsewhere", title="Other words")).head == head
    assert factories.git(web, "rev-parse", "origin/elsewhere") == head
    with wiring.units.read(OWNER) as uow:
        assert taking.branches(uow, "web") == []  # an item has it


def test_twice_is_a_conflict_also_when_the_item_has_gone_on(wiring: Wiring, web: Path) -> None:
    branch(web)
    number = taken(wiring)
    factories.committed(wiring, number)
    with pytest.raises(Conflict, match=f"#{number} has these commits already"):
        taken(wiring)


@pytest.mark.parametrize("name", ["--help", "a..b", "x.lock", "HEAD", "a b", "-x", "a~1", "@{u}"])
def test_what_is_no_branch_is_refused(wiring: Wiring, web: Path, name: str) -> None:
    with pytest.raises(Invalid):
        taken(wiring, name)
    assert (
        factories.git(web, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/calcifer/items")
        == "refs/heads/main"
    )


def test_with_nothing_to_bring_it_is_refused(wiring: Wiring, web: Path) -> None:
    factories.git(web, "branch", "empty")
    for name in ("empty", "main"):
        with pytest.raises(Conflict, match="nothing that main lacks"):
            taken(wiring, name)
    with pytest.raises(NotFound, match="no branch 'nowhere'"):
        taken(wiring, "nowhere")


def test_of_another_history_it_is_refused(wiring: Wiring, web: Path) -> None:
    factories.git(web, "switch", "-q", "--orphan", "other")
    factories.git(web, "commit", "-q", "--allow-empty", "-m", "Other")
    factories.git(web, "switch", "-q", "main")
    with pytest.raises(Conflict, match="no commit in common"):
        taken(wiring, "other")


def test_the_branch_of_an_open_item_is_refused(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    factories.committed(wiring, number)
    with pytest.raises(Conflict, match="#1 has these commits already"):
        taken(wiring, "work/1-pin-nginx")


def test_a_subject_that_misleads_is_cleaned(wiring: Wiring, web: Path, find: Find) -> None:
    branch(web, "odd", "Pin \u202exnign\x1b[31m " + "y" * 300)
    title = find(taken(wiring, "odd")).title
    assert title.startswith("Pin  xnign [31m y")
    assert len(title) <= 200


def test_a_stranger_may_not(wiring: Wiring, web: Path) -> None:
    branch(web)
    new = Take(service="web", branch="try-mainline", reason="x")
    with pytest.raises(NotAllowed), wiring.units.write(Actor("Eve", "e@x", "nobody")) as uow:
        work.take(uow, new)


def test_page(client: TestClient, web: Path) -> None:
    branch(web)
    shown = client.get("/work/take", params={"service_name": "web"})
    assert "try-mainline" in shown.text
    form = {"service_name": "web", "branch": "try-mainline", "reason": "Still <wanted>"}
    refused = client.post("/work/take?service_name=web", data=form | {"reason": ""})
    assert refused.status_code == 422
    assert "Branches without an item" in refused.text
    assert "Still &lt;wanted&gt;" in client.post("/work/take?service_name=web", data=form).text


def test_api(api: TestClient, web: Path) -> None:
    head = branch(web)
    listed = api.get("/api/v1/work/branches/web").json()["items"]
    assert [(one["name"], one["ahead"], one["oid"]) for one in listed] == [("try-mainline", 2, head)]
    made = api.post("/api/v1/work/take", json={"service": "web", "branch": "try-mainline", "reason": "Still wanted"})
    assert (made.status_code, made.json()["ahead"], made.json()["branch"]) == (201, 2, "work/1-pin-nginx")


def test_command(calcifer: Run, web: Path) -> None:
    branch(web)
    assert "try-mainline\t2\t0" in calcifer("work", "branches", "web").out
    ran = calcifer("work", "take", "try-mainline", "-s", "web", "-m", "Still wanted", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["title"] == "Pin nginx"
    assert calcifer("work", "take", "nothing", "-s", "web", "-m", "x").code == 3
