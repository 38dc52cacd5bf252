"""The README's table, action by action, on the real projects: from a clone to the first completed change."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.conftest import Git
from tests.services.samples import cloned
from tests.source import ROOT

pytestmark = pytest.mark.browser


def test_each_row_of_the_readme_is_one_action(visit: Visit, tmp_path: Path, home: Path, git: Git) -> None:
    rows = re.findall(r"^\| (\d+) \| ", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert rows == [str(number) for number in range(1, 13)]
    stacks = cloned(tmp_path / "stacks")  # 3; the first two are what started the server
    page = visit()
    page.goto("/")  # 4
    page.get_by_label("Name").fill("Ada Lovelace")  # 5
    page.get_by_label("Mail").fill("ada@example.org")
    for field in page.locator("input[type=password]").all():
        field.fill("correct horse battery")
    page.locator("main form button").first.click()
    page.get_by_role("link", name="Adopt what you have").click()  # 6
    page.locator("textarea[name=sources]").fill(str(stacks))  # 7
    page.get_by_label("Directories in a source").select_option("Each is a service of its own")
    page.get_by_role("button", name="Show the plan").click()
    page.get_by_role("button", name="Adopt").click()  # 8
    expect(page.locator("main")).to_contain_text("39 services adopted", timeout=60_000)  # the page asks by itself
    page.get_by_role("link", name="nginx-golang", exact=True).click()  # 9
    page.locator("main").get_by_role("link", name="compose.yaml").click()  # 10
    page.get_by_role("link", name="Edit").click()  # 11
    text = page.locator("textarea[name=content]").input_value()  # 12
    page.locator("textarea[name=content]").fill(text.replace("image: nginx", "image: nginx:1.27"))
    page.get_by_label("Why").fill("Pin nginx: the update broke the proxy.")
    page.get_by_role("button", name="Change and complete").click()
    expect(page.locator("main")).to_contain_text("#1 is completed.")
    assert "nginx:1.27" in (home / "nginx-golang" / "compose.yaml").read_text()
    assert git(home / "nginx-golang", "status", "--porcelain") == ""
    assert "Pin nginx" in (home / "nginx-golang" / "CHANGES.md").read_text()
