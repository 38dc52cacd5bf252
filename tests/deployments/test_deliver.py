"""What is completed goes where a target asks for it, by itself."""

from tests.conftest import Run
from tests.deployments.conftest import GOOD, Deployed


def begun(web: Deployed) -> None:
    """A service that is deployed when something is completed, and a target that is not."""
    web.targets([{"host": "here", "on_complete": "deploy"}, {"name": "test", "host": "there"}])
    web.commit()
    web.scan()
    web.deploy(to="production")


def test_one_line_is_changed_completed_and_deployed_by_one_command(web: Deployed, calcifer: Run) -> None:
    begun(web)
    (web.path / "app.conf").write_text("two\n")
    done = calcifer("change", "web", "-m", "Say two", "app.conf")
    assert done.code == 0, done.err
    found = web.get(2)
    assert (found.state, found.items, found.by) == ("good", [1], "Ada Lovelace")
    assert (web.place / "app.conf").read_text() == "two\n"


def test_what_does_not_come_into_service_is_said(web: Deployed, calcifer: Run) -> None:
    begun(web)
    web.commit({"web": GOOD["web"] | {"image": "web:2", "x-exit": 3}})
    (web.path / "app.conf").write_text("two\n")
    done = calcifer("change", "web", "-m", "Say two", "app.conf")
    assert done.code == 0
    assert "Deployment 2 to here is returned. web-web-1 exited with 3." in done.err
    assert (web.place / "app.conf").read_text() == "one\n"


def test_nothing_is_promised_where_no_target_asks_for_it(web: Deployed, calcifer: Run) -> None:
    web.deploy()
    (web.path / "app.conf").write_text("two\n")
    assert calcifer("change", "web", "-m", "Say two", "app.conf").code == 0
    assert (web.place / "app.conf").read_text() == "one\n"
    assert len(calcifer("deployments", "list", "--json").json) == 1
