"""What reaches into a host is approved, a hook is trusted, a secret is set, and what runs is stopped: by page, as people do it."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_deployments import write
from tests.browser.test_first_change import fits, sign_up
from tests.browser.test_hosts import picture
from tests.conftest import Git
from tests.deployments.conftest import put_engine

pytestmark = pytest.mark.browser
DESCRIPTOR = "title: Web\ntargets:\n- {host: here}\nhooks:\n  pre_deploy: sh before.sh\n"


@pytest.fixture(autouse=True)
def repository(home: Path, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service that has a hook; the server, which starts after it, finds it."""
    put_engine(tmp_path, monkeypatch)
    path = home / "web"
    (path / ".calcifer").mkdir(parents=True)
    git(path, "init", "-q", "-b", "main")
    write(
        path,
        git,
        {
            "docker-compose.yml": json.dumps({"services": {"web": {"image": "web:1"}, "side": {"image": "side:1"}}}),
            "before.sh": "echo about to go\n",
            ".calcifer/service.yaml": DESCRIPTOR,
        },
    )
    return path


def test_what_is_dangerous_is_asked_for_once(visit: Visit, repository: Path, tmp_path: Path) -> None:
    page = visit(width=360, dark=True, script=False)
    sign_up(page)
    main = page.locator("main")
    page.goto("/hosts/add")
    page.get_by_label("Name").fill("here")
    page.get_by_label("Directory of services").fill(str(tmp_path / "opt"))
    page.get_by_role("button", name="Reach it, and add it").click()
    expect(page.get_by_role("link", name="here")).to_be_visible(timeout=60_000)
    page.goto("/deployments/deploy?service=web")
    page.get_by_role("button", name="Deploy").click()
    expect(main).to_contain_text("Hooks that nobody has trusted", timeout=60_000)
    expect(main).to_contain_text("before.sh")
    fits(page)
    picture(page, "hook")
    page.get_by_role("button", name="Trust it, and go on").click()
    expect(main).to_contain_text("All 2 run as asked.", timeout=60_000)

    page.get_by_role("link", name="What runs there").click()
    fits(page)
    picture(page, "target")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.goto("/deployments/target?service=web&to=production")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible(timeout=60_000)
    expect(main).to_contain_text("stopped")
    fits(page)
    picture(page, "stopped")

    page.goto("/secrets?service=web")
    page.get_by_label("Name").fill("DB_PASSWORD")
    page.get_by_label("Value").fill("canary in the cellar")
    page.get_by_role("button", name="Set it").click()
    page.goto("/secrets?service=web")
    expect(page.get_by_role("row", name="DB_PASSWORD")).to_contain_text("••••")
    fits(page)
    picture(page, "secrets")
    assert "canary" not in page.content()


def test_the_reach_of_a_change_is_approved_on_its_item(
    visit: Visit, repository: Path, tmp_path: Path, git: Git
) -> None:
    reaching = {"web": {"image": "web:1", "privileged": True}}
    write(repository, git, {"docker-compose.yml": json.dumps({"services": reaching})})
    page = visit(width=1280)
    sign_up(page)
    main = page.locator("main")
    page.goto("/hosts/add")
    page.get_by_label("Name").fill("here")
    page.get_by_label("Directory of services").fill(str(tmp_path / "opt"))
    page.get_by_role("button", name="Reach it, and add it").click()
    expect(page.get_by_role("link", name="here")).to_be_visible(timeout=60_000)
    page.goto("/work/new?service=web")
    page.get_by_label("Title").fill("Pin the image")
    page.get_by_label("Reason").fill("It should not move by itself.")
    page.get_by_role("button", name="Open item").click()
    picture(page, "item")
    expect(main).to_contain_text("privileged")
    page.get_by_role("button", name="Approve it for here").click()
    expect(main).to_contain_text("Pin the image")
    expect(page.get_by_role("button", name="Approve it for here")).to_have_count(0)
    picture(page, "approved")
