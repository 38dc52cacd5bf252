"""A host is added, looked at, edited and removed, as people do it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_first_change import fits, sign_up
from tests.sshd import Sshd, serving

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """A machine by ssh that the server, which starts after it, may go to."""
    with serving(tmp_path / "sshd") as server:
        monkeypatch.setenv("GIT_SSH_COMMAND", server.ssh)
        yield server


def picture(page: Page, name: str) -> None:
    """Keep a picture where CALCIFER_TEST_PICTURES says."""
    if folder := os.environ.get("CALCIFER_TEST_PICTURES"):
        page.screenshot(
            path=f"{folder}/{name}-{page.viewport_size and page.viewport_size['width']}.png", full_page=True
        )


def test_a_host_comes_and_goes(visit: Visit, machine: Sshd) -> None:
    page = visit(width=360, dark=True, script=False)
    sign_up(page)
    page.goto("/hosts")
    expect(page.locator("main")).to_contain_text("There is no host yet")
    fits(page)
    picture(page, "empty")
    page.get_by_role("link", name="Add a host").first.click()
    page.get_by_label("Name").fill("alpha")
    page.get_by_label("Reached by").fill(f"ssh://127.0.0.1:{machine.port}")
    page.get_by_label("Note").fill("in the *cellar*")
    fits(page)
    page.get_by_role("button", name="Reach it, and add it").click()
    expect(page.locator("main")).to_contain_text("Its key is pinned", timeout=40_000)
    fits(page)
    picture(page, "job")
    page.get_by_role("link", name="alpha").click()
    expect(page.locator("main")).to_contain_text("What it lacks")
    fits(page)
    picture(page, "host")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("main")).not_to_contain_text("It is being looked at", timeout=40_000)
    page.get_by_text("Pin another key").click()
    shown = page.locator("main code", has_text="SHA256:").first.inner_text()
    page.get_by_label("Fingerprint").fill(shown)
    page.get_by_role("button", name="Pin it").click()
    expect(page.locator("main")).to_contain_text("Its key is pinned", timeout=40_000)
    page.get_by_role("link", name="alpha").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Directory of services").fill("/srv/stacks")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("/srv/stacks")
    page.goto("/hosts")
    fits(page)
    picture(page, "list")
    page.get_by_role("link", name="alpha").click()
    page.get_by_role("button", name="Remove alpha").click()
    expect(page.locator("main")).to_contain_text("There is no host yet")
