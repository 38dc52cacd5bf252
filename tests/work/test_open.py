"""An item is opened: number, checklist, branch from main."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.errors import Conflict, Invalid, NotFound
from calcifer.wiring import Wiring
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.conftest import Find

pytestmark = pytest.mark.every_input


def test_branch_starts_at_main_whatever_head_is(wiring: Wiring, web: Path) -> None:
    factories.git(web, "switch", "-q", "-c", "elsewhere")
    factories.git(web, "commit", "-q", "--allow-empty", "-m", "Unfinished")
    number = factories.opened(wiring)
    assert factories.git(web, "rev-parse", f"work/{number}-pin-nginx") == factories.git(web, "rev-parse", "main")


def test_same_title_twice_gives_two_branches(wiring: Wiring, web: Path, find: Find) -> None:
    one, two = factories.opened(wiring), factories.opened(wiring)
    assert find(one).branch != find(two).branch


def test_checklist_comes_from_the_services_own_template(wiring: Wiring, find: Find) -> None:
    factories.service(wiring, "db", {".calcifer/checklists/service-change.md": "# Steps\n\n- [ ] Dump it\n- Load it\n"})
    assert [line.text for line in find(factories.opened(wiring, "db")).checklist] == ["Dump it", "Load it"]


def test_item_lies_in_git_too(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring, title="Pin nginx")
    text = factories.git(web, "show", f"refs/calcifer/items/{number}:item.md")
    assert "title: Pin nginx" in text
    assert "> The update broke it." in text


def test_a_branch_in_the_way_is_named(wiring: Wiring, web: Path) -> None:
    factories.git(web, "branch", "work")
    with pytest.raises(Conflict, match="'work' in web is in the way"):
        factories.opened(wiring)
    assert factories.git(web, "for-each-ref", "refs/calcifer/items") == ""


def test_unknown_service_is_not_found(wiring: Wiring) -> None:
    with pytest.raises(NotFound, match="no service 'nothing'"):
        factories.opened(wiring, "nothing")


def test_categories_of_calcifer_itself_need_it_in_the_workspace(wiring: Wiring, web: Path, find: Find) -> None:
    with pytest.raises(Invalid, match="calcifer-app"):
        factories.opened(wiring, category="platform_feature")
    factories.service(wiring, "calcifer-app")
    number = factories.opened(wiring, "calcifer-app", category="platform_feature", action="new")
    assert find(number).kind == "Platform Feature New"


def test_page(client: TestClient, web: Path) -> None:
    answer = client.post("/work/open", data={"title": "Pin <nginx>", "reason": "It broke", "service_name": "web"})
    assert answer.status_code == 200
    assert "Pin &lt;nginx&gt;" in answer.text
    assert "Pin <nginx>" not in answer.text


def test_page_gives_back_what_was_typed(client: TestClient, web: Path) -> None:
    answer = client.post("/work/open", data={"title": "x" * 300, "reason": "It broke", "service_name": "web"})
    assert answer.status_code == 422
    assert "At most 200 characters." in answer.text
    assert "It broke" in answer.text


def test_api(api: TestClient, web: Path) -> None:
    made = api.post("/api/v1/work/open", json={"title": "Pin nginx", "reason": "It broke", "service": "web"})
    assert made.status_code == 201
    assert made.json()["branch"] == "work/1-pin-nginx"
    assert made.headers["etag"] == api.get("/api/v1/work/1").headers["etag"]


@pytest.mark.parametrize("title", ["", " ", "a\nb", "a\x1bb", "x" * 1_000_000, "\u202eevil"])
def test_bad_titles_have_no_effect(api: TestClient, web: Path, title: str) -> None:
    answer = api.post("/api/v1/work/open", json={"title": title, "reason": "It broke", "service": "web"})
    assert answer.status_code in {413, 422}
    assert api.get("/api/v1/work").json()["items"] == []
    assert factories.git(web, "for-each-ref", "--format=%(refname)").split() == [
        "refs/calcifer/adopted",
        "refs/heads/main",
    ]


def test_command(calcifer: Run, web: Path) -> None:
    ran = calcifer("work", "open", "Pin nginx", "-m", "It broke", "-s", "web", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["author"] == OWNER.name


def test_a_number_that_was_fetched_since_the_last_scan_is_not_used_again(wiring: Wiring, web: Path) -> None:
    factories.git(web, "update-ref", "refs/calcifer/items/1", "main")
    factories.git(web, "update-ref", "refs/dropped/2", "main")
    assert factories.opened(wiring) == 3
    assert factories.git(web, "rev-parse", "refs/calcifer/items/1") == factories.git(web, "rev-parse", "main")


def test_a_parent_without_a_service_is_told_why_it_needs_one(api: TestClient, calcifer: Run) -> None:
    told = calcifer("work", "open", "All of it", "-m", "Because.", "--is-parent")
    assert told.code == 2
    assert "its record lies in one repository" in told.err
    assert "-s SERVICE" in told.err
    refused = api.post("/api/v1/work/open", json={"title": "All of it", "reason": "Because.", "is_parent": True})
    assert "its record lies in one repository" in refused.json()["fields"]["service"]
