"""Checking a host: what it lacks, with what mends it; and what a host says that wants to do harm."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from calcifer.hosts import examining, interfaces, reaching, service, surveying
from calcifer.hosts.schemas import HostOut, Kept
from calcifer.hosts.surveying import Survey, read
from calcifer.kit import ssh
from calcifer.kit.errors import CalciferError, Conflict, NotFound
from calcifer.kit.promises import JobRow
from calcifer.wiring import Wiring
from tests.conftest import Run
from tests.hosts.conftest import OTHER_KEY, Enrol, Look
from tests.owner import OWNER
from tests.source import PACKAGE
from tests.sshd import Sshd

Names = Callable[[], list[str]]
GOOD = (
    'time\t1000\nuser\tada\nuid\t1000\nos\t"Debian"\nos_like\tdebian \nsystemd\tyes\ncpus\t4\nmemory_kb\t1000\n'
    "disk\t/dev/sda1 100000000 1 50000000 50% /\nstacks\t/dev/sda1 100000000 1 50000000 50% /\nstacks_writable\tyes\n"
    "docker\t/usr/bin/docker\nengine_version\t27.1\nengine_root\t/var/lib/docker\ncompose_version\tv2.40.0\n"
    "engine_disk\t/dev/sda1 100000000 1 50000000 50% /\nend\tok\n"
)  # fmt: skip


def checked(wiring: Wiring, name: str | None = None) -> JobRow:
    """Check, and wait for it."""
    with wiring.units.write(OWNER) as uow:
        row = service.check(uow, name)
    return wiring.jobs.wait(row.id)


def said(without: str = "", *more: str) -> Survey:
    """What a good host says, without the lines of some keys and with others."""
    lines = [line for line in GOOD.splitlines() if line.partition("\t")[0] not in without.split()]
    return read("\n".join([*lines[:-1], *more, lines[-1], ""]).encode(), 1000.5, "alpha")


def lacking(survey: Survey) -> dict[str, tuple[str, str]]:
    """Subject to sentence and mend."""
    return {one.subject: (one.sentence, one.mend) for one in examining.findings(survey, "/opt/calcifer")}


def test_nothing_is_lacking_on_a_good_host() -> None:
    assert lacking(said()) == {}
    assert examining.facts(said())["memory_bytes"] == 1_024_000


@pytest.mark.parametrize(
    ("survey", "subject", "sentence", "mend"),
    [
        (said("docker engine_version"), "engine", "no docker", "sudo apt-get install docker.io"),
        (said("docker engine_version os_like", "os_like\talpine"), "engine", "no docker", "sudo apk add docker"),
        (
            said("engine_version", "engine_error\tCannot connect. Is it running?"), "engine",
            "does not answer: Cannot connect. Is it running?", "sudo systemctl enable --now docker",
        ),
        (said("engine_version", "engine_denied\tyes"), "rights", "ada may not use", "sudo usermod -aG docker ada"),
        (said("compose_version"), "compose", "no docker compose", "sudo apt-get install docker-compose-plugin"),
        (said("compose_version", "compose_version\t1.29.2"), "compose", "is 1.29.2", "docker-compose-plugin"),
        (
            said("engine_disk", "engine_disk\t/dev/sdb 100 1 50 50% /var/lib/docker"), "disk", "Only 0 MB", "docker image prune"
        ),
        (said("stacks", "stacks\t/dev/sdb 100 1 50 50% /opt/a b"), "disk", "where services lie", "du -xsh '/opt/a b'/*"),
        (said("stacks_writable"), "directory", "ada may not write", "sudo install -d -o ada /opt/calcifer"),
        (said("time", "time\t1003"), "clock", "3 seconds ahead", "sudo timedatectl set-ntp true"),
        (said("time systemd", "time\t900"), "clock", "100 seconds behind", "sudo apt-get install chrony"),
        (said("time"), "clock", "could not be read", "date"),
        (said("", "lacks\tflock"), "tools", "no flock", "sudo apt-get install util-linux"),
    ],
)  # fmt: skip
def test_each_missing_thing_is_named_with_what_mends_it(survey: Survey, subject: str, sentence: str, mend: str) -> None:
    found = lacking(survey)
    assert list(found) == [subject]
    assert sentence in found[subject][0]
    assert mend in found[subject][1]


def test_a_clock_within_two_seconds_is_not_told() -> None:
    for second in (998, 999, 1000, 1001, 1002):
        assert lacking(said("time", f"time\t{second}")) == {}


def test_who_is_called_like_a_command_stands_in_none() -> None:
    (one,) = lacking(said("user stacks_writable", "user\tx; rm -rf ~")).values()
    assert one == ("1000 may not write where services lie (/opt/calcifer).", "sudo install -d -o 1000 /opt/calcifer")


@given(st.one_of(st.binary(max_size=2000), st.lists(st.sampled_from(GOOD.encode().splitlines())).map(b"\n".join)))
def test_whatever_a_host_says_is_read_or_refused(answer: bytes) -> None:
    try:
        survey = read(answer, 1000.0, "alpha")
    except CalciferError as error:
        assert isinstance(error, Conflict)  # noqa: PT017
        return
    facts = examining.facts(survey)
    for text in (*survey.one.values(), facts["os"], *(one.sentence for one in examining.findings(survey, "/opt"))):
        assert text.isprintable()


def test_a_host_cannot_flood_us_with_facts() -> None:
    survey = said("", *(f"disk\t/dev/x{number} 1 1 1 1% /x" for number in range(5000)), "lacks\t" + "x" * 5000)
    assert len(survey.many["disk"]) == surveying.MOST_LINES
    assert len(survey.many["lacks"][0]) == surveying.LONGEST
    assert lacking(survey) == {}


def test_interfaces() -> None:
    links = [
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN \\    link/loopback 00:00",
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP \\    link/ether 02:00 promiscuity 0",
        "3: eth1: <BROADCAST,MULTICAST,UP> mtu 1500 master br0 state UP \\    link/ether 02:00",
        "4: br0: <BROADCAST,MULTICAST,UP> mtu 1500 state UP \\    link/ether 02:00 \\    bridge forward_delay 1",
        "5: docker0: <BROADCAST,MULTICAST,UP> mtu 1500 state DOWN \\    link/ether 02:00 \\    bridge",
        "6: wlan0: <BROADCAST,MULTICAST,UP> mtu 1500 state UP \\    link/ether 02:00",
        "7: eth2: <BROADCAST,MULTICAST> mtu 1500 state DOWN \\    link/ether 02:00",
        "8: eth0.10@eth0: <BROADCAST,MULTICAST,UP> mtu 1500 state UP \\    link/ether 02:00 \\    vlan protocol 802.1Q id 10",
        "9: wg0: <POINTOPOINT,NOARP,UP> mtu 1420 state UNKNOWN \\    link/none \\    wireguard ",
        "10: mv0@eth0: <BROADCAST,MULTICAST,UP> mtu 1500 state UP \\    link/ether 02:00 \\    macvlan mode bridge",
        "11: tap0: <BROADCAST,MULTICAST,UP> mtu 1500 state UP \\    link/ether 02:00 \\    tun type tap",
        "junk",
    ]
    assert interfaces.macvlan_parents(links, ["wlan0"]) == ["eth0", "br0", "eth0.10"]
    assert interfaces.addresses(
        [
            "1: lo    inet 127.0.0.1/8 scope host lo", "2: eth0    inet 192.0.2.1/24 brd 192.0.2.255 scope global eth0\\  valid",
            "2: eth0    inet6 fd00::2/64 scope global", "2: eth0    inet6 fe80::1/64 scope link ", "x", "3: a inet ; rm",
        ]
    ) == {"eth0": ["192.0.2.1/24", "fd00::2/64"]}  # fmt: skip


def test_the_script_is_posix_and_changes_nothing(tmp_path: Path) -> None:
    script = f"directory={tmp_path}/not/there\n" + (PACKAGE / "hosts" / "survey.sh").read_text()
    run = ["/bin/sh", "-s"]
    done = subprocess.run(run, input=script, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.endswith("end\tok\n")
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
    bare = {"PATH": str(tmp_path)}
    assert subprocess.run(run, input=script, capture_output=True, text=True, check=True, env=bare).stderr == ""


def test_a_cut_and_a_mended_link(
    wiring: Wiring, sshd: Sshd, target: str, enrol: Enrol, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol("alpha", target)
    before = look("alpha")
    monkeypatch.setenv("GIT_SSH_COMMAND", f"{sshd.ssh} -p 1")
    assert (checked(wiring, "alpha").result or {})["unreached"] == 1
    cut = look("alpha")
    assert (cut.state, "cannot be reached by ssh" in (cut.error or "")) == ("unreachable", True)
    assert (cut.facts, cut.checked_at) == (before.facts, before.checked_at)
    monkeypatch.setenv("GIT_SSH_COMMAND", sshd.ssh)
    checked(wiring, "alpha")
    mended = look("alpha")
    assert (mended.error, mended.failed_at) == (None, None)
    assert mended.checked_at is not None
    assert before.checked_at is not None
    assert mended.checked_at > before.checked_at


def test_another_key_is_refused_with_both_and_since_when(
    wiring: Wiring, sshd: Sshd, target: str, enrol: Enrol, look: Look
) -> None:
    enrol("alpha", target)
    pinned = look("alpha")
    with wiring.units.write(OWNER) as uow:
        service.pinned(uow, wiring.settings.var, "alpha", OTHER_KEY)
    checked(wiring, "alpha")
    host = look("alpha")
    assert pinned.pinned_at is not None
    assert host.error == (
        f"alpha shows another key than the ED25519 key {ssh.fingerprint(OTHER_KEY)} that was pinned since "
        f"{host.pinned_at:%Y-%m-%d}: it shows {pinned.fingerprint}. Somebody may be between here and there, or the host was set up "
        "anew. Calcifer does not talk to it."
    )
    assert (host.mend or "").endswith(f"calcifer hosts pin alpha {pinned.fingerprint}")


def test_what_ssh_knows_does_not_count_any_more(
    wiring: Wiring, sshd: Sshd, target: str, enrol: Enrol, look: Look
) -> None:
    enrol("alpha", target)
    sshd.known_hosts.write_text("")
    checked(wiring, "alpha")
    assert look("alpha").error is None


def test_the_known_hosts_are_made_anew_where_somebody_has_edited_them(
    wiring: Wiring, target: str, enrol: Enrol, look: Look
) -> None:
    enrol("alpha", target)
    file = reaching.known_hosts(wiring.settings.var)
    good = file.read_text()
    file.write_text(f"alpha.calcifer-host {OTHER_KEY}\n")
    checked(wiring, "alpha")
    assert (look("alpha").error, file.read_text()) == (None, good)


def test_a_host_that_was_removed_meanwhile_is_left_out(wiring: Wiring, target: str, enrol: Enrol, names: Names) -> None:
    enrol("alpha", target)
    with wiring.units.write(OWNER) as uow:
        (aim,) = service.aims(uow, "alpha")
        service.remove(uow, wiring.settings.var, "alpha")
    with wiring.units.write(OWNER) as uow:
        service.checked(uow, [reaching.Checked(aim, {"os": "x"})])
    assert names() == []


@pytest.mark.slow
@pytest.mark.once
def test_fifty_hosts_are_asked_once_each_and_sixteen_at_a_time(
    wiring: Wiring, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: Look
) -> None:
    count = 50
    config, log = tmp_path / "config", tmp_path / "log"
    own = Path(sshd.ssh.split()[-1]).read_text()
    config.write_text(f"Host h*\n  HostName 127.0.0.1\n  Port {sshd.port}\n{own}")
    wrapper = tmp_path / "ssh"
    wrapper.write_text(f'#!/bin/sh\necho + >>{log}\nssh -F {config} "$@"\ncode=$?\necho - >>{log}\nexit $code\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(wrapper))
    key = " ".join(sshd.known_hosts.read_text().split()[1:3])
    with wiring.units.write(OWNER) as uow:
        for number in range(count):
            service.restore(uow, kept_host(f"h{number}", key, uow.now))
    report = checked(wiring).result or {}
    assert (report["checked"], report["unreached"]) == (count, 0)
    steps = log.read_text().split()
    running = most = 0
    for step in steps:
        running += 1 if step == "+" else -1
        most = max(most, running)
    assert (steps.count("+"), running) == (count, 0)
    assert 8 <= most <= reaching.AT_ONCE
    assert {look(f"h{number}").facts["kernel"] for number in range(count)} == {look("h0").facts["kernel"]}


def kept_host(name: str, key: str, at: object) -> Kept:
    """A host as git has it."""
    values = {"name": name, "target": name, "directory": "/opt/calcifer", "note": "", "key": key}
    return Kept.model_validate(values | {"pinned_at": at, "added_at": at, "replaced_at": None})


def test_one_that_is_not_there(wiring: Wiring) -> None:
    with pytest.raises(NotFound), wiring.units.write(OWNER) as uow:
        service.check(uow, "nobody")


def test_page(client: TestClient, wiring: Wiring, target: str, enrol: Enrol, sshd: Sshd) -> None:
    enrol("alpha", target)
    assert "Looking." in client.post("/hosts/check", data={"name": "alpha"}).text
    assert "It is being looked at" in client.get("/hosts/alpha").text
    sshd.authorized_keys.write_text("")
    wiring.jobs.run_due()
    shown = client.get("/hosts/alpha").text
    assert "does not let this user in" in shown
    assert "It is being looked at" not in shown
    assert "Looking at all hosts." in client.post("/hosts/check").text
    assert client.post("/hosts/check", data={"name": "nobody"}).status_code == 404


def test_what_a_host_says_is_no_markup(client: TestClient, wiring: Wiring, target: str, enrol: Enrol) -> None:
    enrol("alpha", target)
    with wiring.units.write(OWNER) as uow:
        (aim,) = service.aims(uow, "alpha")
        survey = said(
            "os engine_version", "os\t<script>x</script>", "engine_error\t<b>\x1b[31m", "address\t2: <i>    inet 1/2 x"
        )
        found = tuple(
            {"subject": f.subject, "sentence": f.sentence, "mend": f.mend} for f in examining.findings(survey, "/")
        )
        service.checked(uow, [reaching.Checked(aim, examining.facts(survey), found)])
    for shown in (client.get("/hosts").text, client.get("/hosts/alpha").text):
        assert "<script>x" not in shown
        assert "<b>" not in shown
        assert "\x1b" not in shown


def test_api(api: TestClient, wiring: Wiring, target: str, enrol: Enrol) -> None:
    enrol("alpha", target)
    job = api.post("/api/v1/hosts/check", json={"name": "alpha"}).json()
    wiring.jobs.run_due()
    assert api.get(f"/api/v1/hosts/jobs/{job['id']}").json()["state"] == "done"
    assert HostOut.model_validate(api.get("/api/v1/hosts/alpha").json()).checked_at
    assert api.post("/api/v1/hosts/check", json={"name": "nobody"}).status_code == 404


def test_command(calcifer: Run, target: str, enrol: Enrol, sshd: Sshd) -> None:
    assert "There is no host yet" in calcifer("hosts", "check").err
    enrol("alpha", target)
    sshd.authorized_keys.write_text("")
    ran = calcifer("hosts", "check", "alpha")
    assert (ran.code, "does not let this user in" in ran.err) == (5, True)
    assert calcifer("hosts", "check", "--json").json[0]["state"] == "unreachable"
    assert calcifer("hosts", "check", "nobody").code == 3
