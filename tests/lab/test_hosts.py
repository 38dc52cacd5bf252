"""Real hosts with a real engine are enrolled and checked; what is broken on them is found, and found mended."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.hosts import queries, service
from calcifer.hosts.schemas import HostChanges, HostOut
from calcifer.wiring import Wiring
from tests.conftest import Run
from tests.lab.machines import Host, Lab
from tests.owner import OWNER

pytestmark = pytest.mark.lab
Check = Callable[[], dict[str, str]]


@pytest.fixture(scope="module")
def machines(lab: Lab) -> tuple[Host, Host]:
    """Two hosts, the first with a disk of its own for services."""
    return lab.host("citron", opt_megabytes=1600), lab.host("quince")


def look(wiring: Wiring, name: str) -> HostOut:
    """What is known of a host."""
    with wiring.units.read(OWNER) as uow:
        return HostOut.of(queries.get_host(uow.db, name))


def found(wiring: Wiring, name: str) -> dict[str, str]:
    """Check a host, and return what it lacks: subject to sentence and mend. The clock of a simulated host is this machine's."""
    with wiring.units.write(OWNER) as uow:
        row = service.check(uow, name)
    assert wiring.jobs.wait(row.id).state == "done"
    host = look(wiring, name)
    if host.error:
        return {"error": f"{host.error} {host.mend}"}
    return {one.subject: f"{one.sentence} {one.mend}" for one in host.findings}


def test_two_hosts(
    wiring: Wiring,
    calcifer: Run,
    lab: Lab,
    machines: tuple[Host, Host],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", lab.ssh)
    citron, quince = machines
    for name in ("citron", "quince"):
        ran = calcifer("hosts", "add", name, name)
        assert ran.code == 0, ran.err
    host = look(wiring, "citron")
    assert host.facts["hostname"] == "citron"
    assert host.facts["engine_version"].partition(".")[0].isdecimal()
    assert host.facts["compose_version"].startswith("2.")
    assert host.facts["addresses"]["eth0"] == [f"{citron.address}/16"]
    assert host.facts["macvlan_parents"] == ["eth0"]
    assert "/opt" in {disk["mount"] for disk in host.facts["disks"]}
    assert found(wiring, "citron") == found(wiring, "quince") == {}
    assert calcifer("hosts", "check").code == 0

    citron.ssh("fallocate -l 1300M /opt/big")
    assert "free where services lie (/opt/calcifer)" in found(wiring, "citron")["disk"]
    citron.ssh("rm /opt/big; umount /usr/libexec/docker/cli-plugins/docker-compose")
    lacking = found(wiring, "citron")
    assert list(lacking) == ["compose"]
    assert "apt-get install docker-compose-plugin" in lacking["compose"]
    citron.ssh("kill $(cat /var/run/docker.pid); while [ -e /var/run/docker.pid ]; do sleep 0.1; done")
    lacking = found(wiring, "citron")
    assert list(lacking) == ["engine", "compose"]
    assert "does not answer: Cannot connect to the Docker daemon" in lacking["engine"]
    citron.reboot()
    assert found(wiring, "citron") == {}
    assert found(wiring, "quince") == {}

    quince.ssh("useradd --no-create-home ada && usermod -p '*' ada")
    with wiring.units.write(OWNER) as uow:
        service.edit(uow, wiring.settings.var, "quince", HostChanges(target="ada@quince"))
    lacking = found(wiring, "quince")
    assert list(lacking) == ["rights", "directory"]
    assert "sudo usermod -aG docker ada" in lacking["rights"]
    assert "sudo install -d -o ada /opt/calcifer" in lacking["directory"]
    quince.ssh("usermod -aG $(stat -c %G /var/run/docker.sock) ada; install -d -o ada /opt/calcifer")
    assert found(wiring, "quince") == {}

    quince.cut()
    assert "cannot be reached by ssh" in found(wiring, "quince")["error"]
    assert found(wiring, "citron") == {}
    quince.mend()
    assert found(wiring, "quince") == {}

    pinned = look(wiring, "quince").fingerprint
    new = quince.type(
        "rm /etc/lab/host; ssh-keygen -q -t ed25519 -N '' -f /etc/lab/host; ssh-keygen -lf /etc/lab/host.pub; kill -HUP 1"
    ).split()[1]
    error = found(wiring, "quince")["error"]
    assert f"{pinned} that was pinned since" in error
    assert f"it shows {new}" in error
    assert f"calcifer hosts pin quince {new}" in error
    assert calcifer("hosts", "pin", "quince", pinned or "").code == 5
    assert calcifer("hosts", "pin", "quince", new).code == 0
    assert found(wiring, "quince") == {}
