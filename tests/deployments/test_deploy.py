"""A version on its way: what is promised, what the host has afterwards, and what is said where it does not come into service."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from calcifer.deployments.service.runs import Busy, NotCompleted
from calcifer.deployments.targets import NoTarget
from calcifer.kit.errors import Invalid, NotFound
from tests.conftest import Git, Run
from tests.deployments.conftest import GOOD, Deployed
from tests.owner import OWNER

pytestmark = pytest.mark.once


def test_brings_main_to_the_host_and_writes_it_down(web: Deployed) -> None:
    head = web.commit(files={"README.md": "# Web\n"})
    done = web.deploy(reason="For Bob.")
    assert (done.state, done.commit, done.before, done.project) == ("good", head, None, "web")
    assert done.verdict == "web-web-1 is running."
    assert done.plan["containers"]["added"] == ["web"]
    assert (web.place / "app.conf").read_text() == "one\n"
    assert not (web.versions / "unapplied").exists()
    (told,) = web.notes(head)
    assert (told["deployment"], told["outcome"], told["why"], told["by"]) == (done.id, "good", "For Bob.", OWNER.name)
    assert told["images"]["web"]["ref"] == "web:1"
    assert f"deployment: {done.id}\n" in (web.versions / "records").read_text()


def test_restarts_what_mounts_a_changed_file(web: Deployed) -> None:
    web.deploy()
    before = web.containers()["web"]
    web.commit(files={"app.conf": "two\n"})
    done = web.deploy()
    after = web.containers()["web"]
    assert done.plan["files"] == ["C app.conf"]
    assert after["id"] == before["id"]
    assert after["started"] > before["started"]


def test_says_which_items_come_with_it(web: Deployed, calcifer: Run) -> None:
    web.deploy()
    for number in (1, 2):
        (web.path / "app.conf").write_text(f"{number}\n")
        assert calcifer("change", "web", "-m", f"Number {number}", "app.conf").code == 0
    assert web.deploy().items == [1, 2]


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ({"image": "web:2", "x-exit": 3}, "web-web-1 exited with 3."),
        ({"image": "web:2", "x-health": "unhealthy"}, "web-web-1 is not healthy."),
        (
            {"image": "web:2", "x-fail": "pull access denied"},
            "docker compose up ended with 1: Error response from daemon: pull",
        ),
    ],
)
def test_goes_back_where_it_does_not_come_into_service(web: Deployed, service: dict[str, object], said: str) -> None:
    first = web.deploy()
    bad = web.commit({"web": service})
    done = web.deploy()
    assert done.state == "returned"
    assert said in (done.error or "")
    assert web.containers()["web"]["ref"] == "web:1"
    assert "web:1" in (web.place / "docker-compose.yml").read_text()
    assert [one["outcome"] for one in web.notes(bad)] == ["returned"]
    web.commit(GOOD)
    again = web.deploy()
    assert (again.state, again.before) == ("good", first.commit)


def test_the_first_that_fails_has_nothing_to_go_back_to(web: Deployed) -> None:
    web.commit({"web": {"image": "web:1", "x-exit": 1}})
    done = web.deploy()
    assert done.state == "failed"
    assert "There is no version before" in (done.error or "")
    web.commit(GOOD)
    assert web.deploy().state == "good"


def test_where_going_back_fails_too_both_are_told(web: Deployed, tmp_path: Path) -> None:
    web.deploy()
    web.commit({"web": {"image": "web:2", "x-exit": 3}})
    number = web.ask()
    real = tmp_path / "bin/docker"
    script = real.read_text().replace(
        "exec", f'case "$*" in *up*) [ -s {tmp_path}/engine/twice ] && exit 9; esac\nexec'
    )
    real.write_text(script.replace("exec", f'case "$*" in *up*) echo x >>{tmp_path}/engine/twice; esac\nexec', 1))
    done = web.wait(number)
    assert done.state == "failed"
    assert "docker compose up ended with 9" in (done.error or "")
    real.write_text("\n".join(line for line in script.splitlines() if "twice" not in line) + "\n")
    web.commit(GOOD)
    assert web.deploy().state == "good"


def test_one_at_a_time_for_a_service_on_a_host(web: Deployed) -> None:
    number = web.ask()
    with pytest.raises(
        Busy, match=rf"{OWNER.name} is deploying web to here since .* UTC: deployment {number} has not ended"
    ):
        web.ask()
    assert web.wait(number).state == "good"
    assert web.deploy().state == "good"


def test_production_takes_completed_work_only(web: Deployed, git: Git) -> None:
    web.targets([{"name": "test", "host": "here"}])
    web.commit()
    git(web.path, "checkout", "-q", "-b", "work/9-other")
    other = web.commit(files={"app.conf": "other\n"})
    git(web.path, "checkout", "-q", "main")
    web.scan()
    assert web.deploy(to="test", commit=other).state == "good"
    with pytest.raises(NotFound, match="has no commit 0000000000"):
        web.ask(to="test", commit="0" * 40)
    web.targets([{"host": "here"}])
    main = web.commit()
    web.scan()
    with pytest.raises(NotCompleted, match="is not on main: production takes completed work only"):
        web.ask(to="production", commit=other)
    assert web.deploy(to="production", commit=main).state == "good"


def test_says_what_to_write_where_nothing_says_where_it_runs(web: Deployed) -> None:
    web.targets([])
    web.commit()
    web.scan()
    with pytest.raises(NoTarget, match="Nothing says where web runs") as caught:
        web.ask()
    assert "targets: [{host: HOST}]" in (caught.value.mend or "")


def test_asks_which_where_there_are_several(web: Deployed) -> None:
    web.targets([{"host": "here"}, {"name": "test", "host": "there"}])
    web.commit()
    web.scan()
    with pytest.raises(NoTarget, match="several targets: production on here, test on there"):
        web.ask()
    with pytest.raises(NoTarget, match="has no target 'x'"):
        web.ask(to="x")
    with pytest.raises(Invalid, match="there is no such host") as caught:
        web.ask(to="test")
    assert caught.value.mend == "calcifer hosts add there SSH-TARGET"


def test_a_host_that_was_deployed_to_is_not_removed(web: Deployed, calcifer: Run) -> None:
    web.deploy()
    removed = calcifer("hosts", "remove", "here")
    assert removed.code == 5
    assert "here is still in use: the service web" in removed.err


def test_nothing_is_touched_where_the_engine_does_not_answer(web: Deployed, tmp_path: Path) -> None:
    (tmp_path / "bin/docker").write_text("#!/bin/sh\nexit 1\n")
    done = web.deploy()
    assert done.state == "failed"
    assert "has no docker engine that answers. Nothing was changed." in (done.error or "")
    assert not web.place.exists()


def test_by_page(web: Deployed, client: TestClient) -> None:
    form = client.get("/deployments/deploy?service=web")
    assert "production on here" in form.text
    assert 'action="/deployments/deploy?service=web"' in form.text
    asked = client.post(
        "/deployments/deploy", data={"service_name": "web", "to_target": "production", "reason": "<b>Why</b>"}
    )
    assert asked.status_code == 200
    number = int(asked.url.path.rpartition("/")[2])
    web.wait(number)
    shown = client.get(f"/deployments/{number}").text
    assert "web-web-1 is running." in shown
    assert "&lt;b&gt;Why&lt;/b&gt;" in shown
    assert "Container web-web-1  Running" in shown
    assert f'href="/deployments/{number}"' in client.get("/deployments").text
    refused = client.post(
        "/deployments/deploy?service=web", data={"service_name": "web", "commit": "main", "reason": "Keep me"}
    )
    assert refused.status_code == 422
    assert "A commit is named by its 40 hexadecimal characters." in refused.text
    assert "Keep me" in refused.text


def test_by_api(web: Deployed, api: TestClient) -> None:
    asked = api.post("/api/v1/deployments/deploy", json={"service": "web"})
    assert asked.status_code == 202
    number = asked.json()["id"]
    web.wait(number)
    assert api.get(f"/api/v1/deployments/{number}").json()["state"] == "good"
    assert [one["id"] for one in api.get("/api/v1/deployments?service=web").json()["items"]] == [number]
    (said,) = api.get(f"/api/v1/deployments/{number}/log").json()["runs"]
    assert said == {"name": "forth-up-0", "text": " Container web-web-1  Running\n"}
    assert api.get("/api/v1/deployments/99").status_code == 404


def test_by_command(web: Deployed, calcifer: Run) -> None:
    done = calcifer("deploy", "web", "-m", "Because")
    assert done.code == 0, done.err
    assert "web-web-1 is running." in done.out
    assert "Running" in calcifer("deployments", "log", 1).out
    assert calcifer("deployments", "show", 1, "--json").json["reason"] == "Because"
    assert [one["state"] for one in calcifer("deployments", "list", "--json").json] == ["good"]
    web.commit({"web": {"image": "web:2", "x-exit": 3}})
    assert calcifer("deploy", "web").code == 5


def test_a_service_is_once_on_a_host(web: Deployed) -> None:
    web.targets([{"host": "here"}, {"name": "test", "host": "here", "directory": "/srv/other/web"}])
    web.commit()
    web.scan()
    with pytest.raises(
        NoTarget, match="two targets on one host, where it can be once: production on here, test on here"
    ):
        web.ask(to="test")
