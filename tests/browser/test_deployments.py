"""A service is deployed, held, taken back and looked at, as people do it; the engine is a stand-in."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_first_change import fits, sign_up
from tests.browser.test_hosts import picture
from tests.conftest import Git
from tests.deployments.conftest import GOOD, put_engine

pytestmark = pytest.mark.browser
DESCRIPTOR = "title: Web\ntargets:\n- {host: here}\n"


@pytest.fixture(autouse=True)
def repository(home: Path, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service that the server, which starts after it, finds."""
    put_engine(tmp_path, monkeypatch)
    path = home / "web"
    (path / ".calcifer").mkdir(parents=True)
    git(path, "init", "-q", "-b", "main")
    write(
        path,
        git,
        {
            "docker-compose.yml": json.dumps({"services": GOOD}),
            "app.conf": "one\n",
            ".calcifer/service.yaml": DESCRIPTOR,
        },
    )
    return path


def write(path: Path, git: Git, files: dict[str, str]) -> None:
    """Commit files."""
    for name, text in files.items():
        (path / name).write_text(text)
    git(path, "add", "-A")
    git(path, "commit", "-qm", "Change")


def test_a_version_comes_into_service(visit: Visit, repository: Path, tmp_path: Path, git: Git) -> None:
    page = visit(width=360, dark=True, script=False)
    sign_up(page)
    page.goto("/deployments")
    expect(page.locator("main")).to_contain_text("Nothing was deployed yet")
    fits(page)
    page.goto("/hosts/add")
    page.get_by_label("Name").fill("here")
    page.get_by_label("Directory of services").fill(str(tmp_path / "opt"))
    page.get_by_role("button", name="Reach it, and add it").click()
    expect(page.get_by_role("link", name="here")).to_be_visible(timeout=40_000)

    page.goto("/services/web")
    fits(page)
    page.get_by_role("link", name="Deploy", exact=True).click()
    page.get_by_label("Why").fill("The first time.")
    fits(page)
    picture(page, "deploy")
    page.get_by_role("button", name="Deploy").click()
    expect(page.locator("main")).to_contain_text("web-web-1 is running.", timeout=40_000)
    fits(page)
    picture(page, "deployment")

    (tmp_path / "opt/web/app.conf").write_text("edited on the host\n")
    write(repository, git, {"app.conf": "two\n"})
    page.get_by_role("link", name="Deploy again").click()
    page.get_by_role("button", name="Deploy").click()
    expect(page.locator("main")).to_contain_text("'app.conf' was edited or removed there.", timeout=40_000)
    fits(page)
    picture(page, "held")
    page.get_by_role("button", name="Keep the edits aside").click()
    expect(page.locator("main")).to_contain_text("web-web-1 is running.", timeout=40_000)
    assert (tmp_path / "opt/web/app.conf").read_text() == "two\n"

    write(repository, git, {"docker-compose.yml": json.dumps({"services": {"web": {"image": "web:2", "x-exit": 3}}})})
    page.get_by_role("link", name="Deploy again").click()
    page.get_by_role("button", name="Deploy").click()
    expect(page.locator("main")).to_contain_text("web-web-1 exited with 3.", timeout=60_000)
    expect(page.locator("main")).to_contain_text("Returned", timeout=60_000)
    fits(page)
    picture(page, "returned")
    page.get_by_role("link", name="Deploy again").click()
    page.get_by_role("button", name="Bring the version before").click()
    expect(page.locator("main")).to_contain_text("is running.", timeout=60_000)
    page.goto("/deployments")
    fits(page)
    picture(page, "list")
