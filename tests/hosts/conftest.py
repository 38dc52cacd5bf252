"""A machine by ssh, and hosts that are enrolled as the program does it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.hosts import queries, service
from calcifer.hosts.schemas import HostOut, NewHost
from calcifer.kit.promises import JobRow
from calcifer.wiring import Wiring
from tests.owner import OWNER
from tests.sshd import Sshd

OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMo2VmnCSNvJ7D9q5oEg3v4tgVL0E1l4B3zvN1r3yq9a"
Enrol = Callable[..., JobRow]
Look = Callable[[str], HostOut]


@pytest.fixture
def target(sshd: Sshd) -> str:
    """How ssh reaches it."""
    return f"ssh://127.0.0.1:{sshd.port}"


@pytest.fixture
def enrol(wiring: Wiring, tmp_path: Path) -> Enrol:
    """Add a host, wait for it, and return how that ended: `enrol("alpha", target)`."""

    def run(name: str, target: str = "") -> JobRow:
        with wiring.units.write(OWNER) as uow:
            row = service.add(uow, NewHost(name=name, target=target, directory=str(tmp_path / "stacks")))
        return wiring.jobs.wait(row.id)

    return run


@pytest.fixture
def look(wiring: Wiring) -> Look:
    """What is known of a host."""

    def run(name: str) -> HostOut:
        with wiring.units.read(OWNER) as uow:
            return HostOut.of(queries.get_host(uow.db, name))

    return run


@pytest.fixture
def names(wiring: Wiring) -> Callable[[], list[str]]:
    """The names of all hosts."""

    def run() -> list[str]:
        with wiring.units.read(OWNER) as uow:
            return [host.name for host in queries.list_all(uow.db)]

    return run
