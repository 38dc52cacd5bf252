"""What runs on a host is looked at, as people do it: what is wrong first."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_first_change import fits, sign_up
from tests.browser.test_hosts import picture
from tests.deployments.looking.conftest import engine

pytestmark = pytest.mark.browser
__all__ = ["engine"]


@pytest.fixture(autouse=True)
def with_engine(engine: object) -> None:
    """An engine for the server, which starts after it."""


def test_a_newcomer_looks(visit: Visit) -> None:
    page = visit(width=360, dark=True, script=False)
    sign_up(page)
    page.goto("/deployments/look")
    expect(page.locator("main")).to_contain_text("There is no host yet to look at")
    fits(page)
    page.get_by_role("link", name="Add a host").first.click()
    page.get_by_label("Name").fill("here")
    page.get_by_role("button", name="Reach it, and add it").click()
    page.get_by_role("link", name="here").click(timeout=40_000)
    page.get_by_role("link", name="What runs on it").click()
    expect(page.locator("main")).to_contain_text("Nobody has looked at this host yet")
    fits(page)
    page.get_by_role("button", name="Look", exact=True).click()
    expect(page.locator("main")).to_contain_text("faulty/late could not be started", timeout=40_000)
    fits(page)
    picture(page, "look")
    page.get_by_text("3 places").first.click()
    fits(page)
    page.goto("/deployments/look")
    expect(page.locator("main")).to_contain_text("Problems")
    fits(page)
    picture(page, "looks")
