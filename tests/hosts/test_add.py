"""Enrolling a host: it is reached, its key is pinned, and where anything is wrong nothing is added."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.hosts import kept, reaching, service
from calcifer.hosts.schemas import NewHost
from calcifer.kit import ssh
from calcifer.kit.errors import CalciferError, Forbidden, Invalid
from calcifer.kit.schemas import checked
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from tests.conftest import Git, Run
from tests.hosts.conftest import OTHER_KEY, Enrol, Look
from tests.owner import OWNER
from tests.sshd import Sshd, serving

Names = Callable[[], list[str]]


def key_of(sshd: Sshd) -> str:
    """The key that the machine has."""
    return " ".join(sshd.known_hosts.read_text().split()[1:3])


def nothing_was_added(wiring: Wiring, names: Names) -> None:
    """No host, no pinned key, nothing in git."""
    assert names() == []
    assert not reaching.known_hosts(wiring.settings.var).exists()
    assert list(kept.read(wiring.settings.var)) == []


def test_its_key_is_pinned_and_its_facts_are_read(
    wiring: Wiring, sshd: Sshd, target: str, enrol: Enrol, look: Look, git: Git
) -> None:
    before = sshd.known_hosts.read_text()
    row = enrol("alpha", target)
    assert row.error is None
    pinned = ssh.fingerprint(key_of(sshd))
    assert row.result == {"host": "alpha", "fingerprint": pinned, "was_known": True}
    host = look("alpha")
    assert (host.fingerprint, host.key_type, host.error) == (pinned, "ED25519", None)
    assert host.facts["kernel"].startswith("Linux")
    assert host.facts["cpus"] > 0
    assert host.facts["disks"]
    assert abs(host.facts["clock_offset_seconds"]) < 2
    var = wiring.settings.var
    assert reaching.known_hosts(var).read_text() == f"alpha.calcifer-host {key_of(sshd)}\n"
    assert reaching.known_hosts(var).stat().st_mode & 0o777 == 0o600
    assert sshd.known_hosts.read_text() == before
    written = json.loads((var / "hosts" / "alpha.json").read_text())
    assert (written["target"], written["key"]) == (target, key_of(sshd))
    assert "facts" not in written
    assert git(var / "hosts", "log", "--format=%an %s") == "Ada Lovelace Add host alpha\nAda Lovelace Begin"
    assert git(var / "hosts", "status", "--porcelain") == ""


def test_a_key_that_ssh_does_not_know_is_told_to_be_new(sshd: Sshd, target: str, enrol: Enrol) -> None:
    sshd.known_hosts.write_text("")
    assert (enrol("alpha", target).result or {})["was_known"] is False
    assert sshd.known_hosts.read_text() == ""


def test_this_machine_needs_no_key(wiring: Wiring, enrol: Enrol, look: Look) -> None:
    assert enrol("here").error is None
    assert (look("here").target, look("here").fingerprint, look("here").error) == ("", None, None)
    assert enrol_again(wiring, "there", "") == "'here' is this machine already."


def enrol_again(wiring: Wiring, name: str, target: str) -> str:
    """The sentence that refuses it."""
    with pytest.raises(Invalid) as refused, wiring.units.write(OWNER) as uow:
        service.add(uow, NewHost(name=name, target=target))
    return next(iter(refused.value.fields.values()))


def test_a_name_or_a_machine_is_taken_once(wiring: Wiring, target: str, enrol: Enrol) -> None:
    enrol("alpha", target)
    assert enrol_again(wiring, "alpha", "elsewhere") == "There is a host 'alpha' already."
    assert enrol_again(wiring, "beta", target) == "'alpha' is there already."


def test_two_at_once_come_to_one(wiring: Wiring, target: str, names: Names) -> None:
    with wiring.units.write(OWNER) as uow:
        rows = [service.add(uow, NewHost(name=name, target=target)).id for name in ("alpha", "beta")]
    ended = wiring.jobs.wait_all(rows)
    assert len(names()) == 1
    assert sorted(row.state for row in ended) == ["done", "failed"]


def test_another_key_than_ssh_knows_is_refused(
    wiring: Wiring, sshd: Sshd, target: str, enrol: Enrol, names: Names
) -> None:
    shown = ssh.fingerprint(key_of(sshd))
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {OTHER_KEY}\n")
    row = enrol("alpha", target)
    assert row.state == "failed"
    assert f"shows the key {shown}" in (row.error or "")
    assert ssh.fingerprint(OTHER_KEY) in (row.error or "")
    nothing_was_added(wiring, names)


def test_one_that_is_not_reached_is_not_added(wiring: Wiring, sshd: Sshd, enrol: Enrol, names: Names) -> None:
    row = enrol("alpha", "ssh://127.0.0.1:1")
    assert (row.state, "cannot be reached by ssh" in (row.error or "")) == ("failed", True)
    nothing_was_added(wiring, names)


def test_one_that_does_not_let_us_in_is_not_added(
    wiring: Wiring, sshd: Sshd, target: str, enrol: Enrol, names: Names
) -> None:
    sshd.authorized_keys.write_text("")
    row = enrol("alpha", target)
    assert (row.state, "does not let this user in" in (row.error or "")) == ("failed", True)
    nothing_was_added(wiring, names)


@pytest.mark.parametrize(
    "answer",
    [
        "true", "exit 7", "cat /dev/zero", "yes", "printf 'uid\\t0\\n'", "head -c 100000 /dev/urandom",
        "printf '\\033]0;x\\007end\\tok\\n'",
    ],
)  # fmt: skip
def test_one_that_answers_as_it_likes_is_not_added(
    wiring: Wiring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: Names, enrol: Enrol, answer: str
) -> None:
    with serving(tmp_path / "sshd", answer) as server:
        monkeypatch.setenv("GIT_SSH_COMMAND", server.ssh)
        row = enrol("alpha", f"ssh://127.0.0.1:{server.port}")
    assert row.state == "failed"
    assert "unexpected" not in (row.error or "")
    assert (row.error or "").isprintable()
    nothing_was_added(wiring, names)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", name) for name in ("", "-x", "A", "a b", "a\nb", "a/b", "..", "x" * 64, "add", "jobs", "a.replaced-1", "é")),
        *(("target", target) for target in ("-oProxyCommand=id", "a b", "a\nb", "x" * 500, "ssh://a/b", "\x1b[31m")),
        *(("directory", path) for path in ("opt", "/opt/../etc", "/opt//x", "/a\nb", "/\x1b")),
    ],
)  # fmt: skip
def test_bad_input_is_a_sentence(field: str, value: str) -> None:
    with pytest.raises(CalciferError) as refused:
        checked(NewHost, **({"name": "alpha"} | {field: value}))
    assert set(getattr(refused.value, "fields", {})) == {field}


def test_members_may_not(wiring: Wiring) -> None:
    with pytest.raises(Forbidden), wiring.units.write(Actor("Bob", "bob@example.org", "member")) as uow:
        service.add(uow, NewHost(name="alpha"))


def test_page(client: TestClient, wiring: Wiring, target: str, sshd: Sshd) -> None:
    assert "There is no host yet" in client.get("/hosts").text
    refused = client.post("/hosts/add", data={"name": "alpha", "target": "-oProxyCommand=id"})
    assert (refused.status_code, "Give it as for ssh" in refused.text) == (422, True)
    answer = client.post("/hosts/add", data={"name": "alpha", "target": target, "note": "<b>in the cellar</b>"})
    assert "Adding a host" in answer.text
    wiring.jobs.run_due()
    assert ssh.fingerprint(key_of(sshd)) in client.get(answer.url.path).text
    shown = client.get("/hosts/alpha").text
    assert ssh.fingerprint(key_of(sshd)) in shown
    assert "<b>in the cellar</b>" not in shown
    assert "ssh_host_ed25519_key.pub" in shown
    assert "alpha" in client.get("/hosts").text


def test_api(api: TestClient, wiring: Wiring, target: str) -> None:
    job = api.post("/api/v1/hosts/add", json={"name": "alpha", "target": target})
    assert job.status_code == 202
    wiring.jobs.run_due()
    done = api.get(f"/api/v1/hosts/jobs/{job.json()['id']}").json()
    assert (done["state"], done["host"]) == ("done", "alpha")
    assert [host["name"] for host in api.get("/api/v1/hosts").json()["items"]] == ["alpha"]
    assert api.get("/api/v1/hosts/alpha").json()["fingerprint"] == done["fingerprint"]
    assert api.post("/api/v1/hosts/add", json={"name": "alpha", "target": "-x"}).status_code == 422


def test_command(calcifer: Run, target: str, sshd: Sshd) -> None:
    ran = calcifer("hosts", "add", "alpha", target)
    assert (ran.code, ssh.fingerprint(key_of(sshd)) in ran.out) == (0, True), ran.err
    assert calcifer("hosts", "show", "alpha", "--json").json["name"] == "alpha"
    assert "alpha\t" in calcifer("hosts", "list").out
    assert calcifer("hosts", "add", "beta", "--", "-oProxyCommand=id").code == 2
    assert calcifer("hosts", "add", "beta", "ssh://127.0.0.1:1").code == 5
    assert calcifer("hosts", "show", "beta").code == 3


def test_a_jump_host_is_checked_by_the_persons_own_ssh(
    wiring: Wiring, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enrol: Enrol, look: Look
) -> None:
    config = tmp_path / "config"
    own = Path(sshd.ssh.split()[-1]).read_text()
    where = f"  HostName 127.0.0.1\n  Port {sshd.port}\n"
    config.write_text(f"Host jump\n{where}Host far\n{where}  ProxyJump jump\n{own}")
    monkeypatch.setenv("GIT_SSH_COMMAND", f"ssh -F {config}")
    assert enrol("alpha", "far").error is None
    assert look("alpha").facts["kernel"]
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {OTHER_KEY}\n")
    with wiring.units.write(OWNER) as uow:
        row = service.check(uow, "alpha")
    wiring.jobs.wait(row.id)
    error = look("alpha").error or ""
    assert error.startswith("A host on the way to far has another key than the one that ssh knows")
    assert "pinned" not in error
