"""From the first start to the first completed change, as the README has it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.conftest import Git
from tests.services.samples import stack
from tests.work.factories import COMPOSE

pytestmark = pytest.mark.browser
WAYS = [
    pytest.param({"width": 1280}, id="desktop"),
    pytest.param({"width": 360, "dark": True}, id="phone, dark"),
    pytest.param({"width": 1280, "script": False}, id="without JavaScript"),
]


def fits(page: Page) -> None:
    """Assert that the page does not scroll sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, page.url


def sign_up(page: Page) -> None:
    """Become the owner."""
    page.goto("/")
    assert page.url.endswith("/setup")
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("Mail").fill("ada@example.org")
    for field in page.locator("input[type=password]").all():
        field.fill("correct horse battery")
    page.locator("main form button").first.click()


def adopt(page: Page, path: Path) -> None:
    """Adopt a directory of directories, and wait until it is done."""
    page.goto("/services/adopt")
    page.locator("textarea[name=sources]").fill(str(path))
    page.get_by_role("button", name="Show the plan").click()
    page.get_by_role("button", name="Adopt").click()
    for _ in range(100):
        page.goto("/services")
        if page.get_by_role("link", name="proxy").count():
            return
        page.wait_for_timeout(100)
    raise AssertionError(page.inner_text("main"))


@pytest.mark.parametrize("way", WAYS)
def test_from_setup_to_a_completed_change(
    visit: Visit, tmp_path: Path, home: Path, git: Git, way: dict[str, int]
) -> None:
    for name in ("proxy", "db"):
        stack(tmp_path / "stacks" / name, {"README.md": f"# {name}\n"}, COMPOSE)
    page = visit(**way)
    sign_up(page)
    adopt(page, tmp_path / "stacks")
    page.goto("/services/proxy")
    page.get_by_role("link", name="Files").click()
    page.get_by_role("link", name="compose.yaml").click()
    page.get_by_role("link", name="Edit").click()
    page.locator("textarea[name=content]").fill(COMPOSE.replace("1.25", "1.27"))
    page.get_by_label("Why").fill("Pin nginx: the update broke the proxy.")
    page.get_by_role("button", name="Change and complete").click()
    expect(page.locator("main")).to_contain_text("#1 is completed.")
    assert git(home / "proxy", "status", "--porcelain") == ""
    assert "1.27" in (home / "proxy" / "compose.yaml").read_text()
    if way.get("script", True):
        for path in ("/", "/work", "/work/1", "/work/1/diff", "/services", "/services/proxy", "/git", "/activity"):
            page.goto(path)
            fits(page)


def test_an_item_from_its_form_to_its_record(visit: Visit, tmp_path: Path, home: Path) -> None:
    stack(tmp_path / "stacks" / "proxy", {"README.md": "# proxy\n"}, COMPOSE)
    stack(tmp_path / "stacks" / "db", None, COMPOSE)
    page = visit()
    sign_up(page)
    adopt(page, tmp_path / "stacks")
    page.goto("/work/new?service=proxy")
    page.get_by_label("Title").fill("Pin nginx")
    page.get_by_label("Reason").fill("The update broke it.")
    page.get_by_role("button", name="Open item").click()
    page.goto("/work/1/files?path=compose.yaml")
    page.locator("textarea[name=content]").fill(COMPOSE.replace("1.25", "1.27"))
    page.get_by_label("Message").fill("Pin nginx")
    page.get_by_label("Change entry").fill("Pin nginx to 1.27.")
    page.get_by_role("button", name="Commit").click()
    page.goto("/work/1")
    for _ in range(2):
        page.get_by_role("button", name=re.compile("^Tick")).first.click()
    page.get_by_role("link", name="Edit title").click()
    page.get_by_label("Notes").fill("Tried on the test host.")
    page.get_by_label("Why no document").fill("No document names the version.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Complete").click()
    expect(page.locator("main")).to_contain_text("#1 is completed")
    (record,) = (home / "proxy" / ".calcifer" / "work").iterdir()
    assert "Tried on the test host." in record.read_text()
