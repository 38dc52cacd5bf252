"""Hooks of a version run on the host once an owner has trusted exactly them; where one fails, the version is not in service."""

from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.deployments import hooks
from calcifer.deployments.hooks import hooks_of
from calcifer.deployments.schemas import NewTrust
from calcifer.deployments.service import runs, trusting
from calcifer.kit.errors import Conflict
from calcifer.kit.git.trees import Blob
from calcifer.kit.uow import Actor
from tests.conftest import Run
from tests.deployments.conftest import GOOD, Deployed
from tests.owner import OWNER
from tests.work.rules.cases import Files, commit, repository_at

pytestmark = pytest.mark.once
DESCRIPTOR = ".calcifer/service.yaml"


def described(web: Deployed, script: str, **commands: str) -> str:
    """Commit hooks, and the script that they name."""
    text = yaml.safe_dump({"targets": [{"host": "here"}], "hooks": commands})
    return web.commit(GOOD, {DESCRIPTOR: text, "hook.sh": script})


def trust(web: Deployed, number: int) -> None:
    """Trust what a deployment's version has."""
    with web.wiring.units.write(OWNER) as uow:
        digests = [hook.digest for hook in trusting.hooks(uow, number).hooks]
        trusting.trust(uow, number, NewTrust(digests=digests))


def test_holds_until_it_is_trusted_and_again_once_it_changes(web: Deployed) -> None:
    described(web, "pwd >>trace", pre_deploy="sh ./hook.sh", post_deploy="echo after >>trace")
    held = web.deploy()
    assert held.state == "held"
    assert "pre_deploy: sh ./hook.sh" in (held.error or "")
    assert f"calcifer deployments trust {held.id}" in (held.mend or "")
    assert not web.place.exists()
    with pytest.raises(Conflict, match="waits for somebody to trust"), web.wiring.units.write(OWNER) as uow:
        runs.proceed(uow, held.id)
    trust(web, held.id)
    assert web.wait(held.id).state == "good"
    assert (web.place / "trace").read_text() == f"{web.place}\nafter\n"
    web.commit(files={"README.md": "# Web\n"})
    assert web.deploy().state == "good"
    described(web, "rm -rf /", pre_deploy="sh ./hook.sh", post_deploy="echo after >>trace")
    changed = web.deploy()
    assert (changed.state, web.ups()) == ("held", 2)
    with web.wiring.units.read(OWNER) as uow:
        by = {hook.name: hook.by for hook in trusting.hooks(uow, changed.id).hooks}
    assert by == {"pre_deploy": None, "post_deploy": OWNER.name}


@pytest.mark.parametrize("command", ["echo no room; exit 3", "sleep 60 & sleep 60"])
def test_one_that_fails_or_hangs_goes_back(web: Deployed, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr(hooks, "SECONDS", 1)
    first = web.deploy()
    described(web, "", post_deploy=command)
    held = web.deploy()
    trust(web, held.id)
    done = web.wait(held.id)
    assert (done.state, done.before) == ("returned", first.commit)
    said = "ended with 3: no room" if "exit" in command else "It did not end within 1 seconds"
    assert said in (done.error or "")


def test_page_api_and_command(web: Deployed, client: TestClient, api: TestClient, calcifer: Run) -> None:
    described(web, "true", pre_deploy="sh hook.sh")
    held = web.deploy()
    assert "Trust it, and go on" in client.get(f"/deployments/{held.id}").text
    (hook,) = api.get(f"/api/v1/deployments/{held.id}/hooks").json()["hooks"]
    assert (hook["files"], hook["by"]) == (["hook.sh"], None)
    assert "nobody has trusted it" in calcifer("deployments", "hooks", held.id).out
    assert api.post(f"/api/v1/deployments/{held.id}/trust", json={"digests": ["0" * 64]}).status_code == 409
    assert client.post(f"/deployments/{held.id}/trust", data={"digest": "no"}).status_code == 422
    member = Actor("Eve", "eve@example.org", "member", 3)
    with pytest.raises(NotAllowed), web.wiring.units.write(member) as uow:
        trusting.trust(uow, held.id, NewTrust(digests=[hook["digest"]]))
    assert calcifer("deployments", "trust", held.id, "--digest", hook["digest"]).code == 0
    assert web.get(held.id).state == "good"


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"README.md": "x\n"}, True),
        ({"a.sh": "other\n"}, False),
        ({"lib/c": "other\n"}, False),
        ({"real": "other\n"}, False),
        ({DESCRIPTOR: "hooks: {pre_deploy: \"sh -c './a.sh && lib/c link  '\"}\n"}, False),
    ],
)
def test_is_bound_to_the_command_and_to_what_it_names(tmp_path: Path, changes: Files, *, same: bool) -> None:
    repository = repository_at(tmp_path)
    command = "hooks: {pre_deploy: \"sh -c './a.sh && cat lib link'\"}\n"
    link = Blob(repository.write_blob(b"real"), hooks.LINK)
    first = commit(repository, {DESCRIPTOR: command, "a.sh": "a\n", "lib/c": "c\n", "link": link, "real": "r\n"})
    second = commit(repository, changes, first)
    ((before,), (after,)) = (hooks_of(repository, at) for at in (first, second))
    assert before.files == ("a.sh", "lib", "link")
    assert (before.digest == after.digest) is same
