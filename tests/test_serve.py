"""`calcifer serve`, in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from calcifer.git import service
from calcifer.kit.db import Database
from calcifer.kit.promises import JobRow, get_job
from calcifer.kit.uow import Actor
from calcifer.services import queries as catalog
from calcifer.wiring import Wiring
from tests.conftest import Git
from tests.work import factories

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture
def port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Server:
    """A server that a test started."""

    def __init__(self, home: Path, port: int, **environment: str) -> None:
        """Start it."""
        env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "CALCIFER_HOME": str(home), "CALCIFER_PORT": str(port)}
        self.url = f"http://127.0.0.1:{port}/"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "calcifer", "serve"], env=env | environment, stderr=subprocess.PIPE, text=True
        )

    def first_page(self) -> str:
        """Return the first page that it answers, waiting for it."""
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(self.url) as answer:  # noqa: S310  (our own address)
                    return str(answer.url)
            except urllib.error.URLError:
                assert self.process.poll() is None, self.end()
                assert time.monotonic() < deadline
                time.sleep(0.01)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Stop it, and return exit code and what it said."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        said = self.process.communicate(timeout=30)[1]
        return self.process.returncode, said


@pytest.fixture
def server(home: Path, port: int) -> Iterator[Server]:
    """A server of an empty workspace."""
    made = Server(home, port)
    yield made
    made.process.kill()
    made.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_leads_to_the_setup_and_stops_when_told(server: Server, number: int, home: Path) -> None:
    assert server.first_page() == server.url + "setup"
    code, said = server.end(number)
    assert code == 0
    assert f"Calcifer is at {server.url} (workspace {home})." in said
    assert f"open {server.url}setup" in said
    assert "Traceback" not in said


def test_finds_at_start_what_was_put_into_the_workspace_meanwhile(server: Server, home: Path, git: Git) -> None:
    server.first_page()
    server.end()
    (home / "web").mkdir()
    git(home / "web", "init", "-q")
    git(home / "web", "commit", "-q", "--allow-empty", "-m", "Begin")
    port = int(server.url.rpartition(":")[2].strip("/"))
    again = Server(home, port)
    again.first_page()
    database = Database(f"sqlite:///{home}/var/calcifer.sqlite")
    deadline = time.monotonic() + 30
    names: list[str] = []
    while not names and time.monotonic() < deadline:
        with database.reading() as session:
            names = catalog.list_names(session)
        time.sleep(0.05)
    again.end()
    assert names == ["web"]


def test_refuses_a_second_server_of_the_workspace(server: Server, home: Path) -> None:
    server.first_page()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        other = listener.getsockname()[1]
    second = Server(home, other)
    second.process.wait(30)
    code, said = second.end()
    assert code == 5
    assert f"A Calcifer server has this workspace already: process {server.process.pid} on " in said


def test_refuses_a_port_that_is_taken(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = Server(home, listener.getsockname()[1])
        taken.process.wait(30)
        code, said = taken.end()
    assert code == 5
    assert "cannot listen on 127.0.0.1" in said


def test_refuses_the_network_before_there_is_an_owner(home: Path, port: int) -> None:
    refused = Server(home, port, CALCIFER_HOST="0.0.0.0")  # noqa: S104  (that is the point)
    refused.process.wait(30)
    code, said = refused.end()
    assert code == 5
    assert "no owner yet" in said


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of an origin that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"git://127.0.0.1:{listener.getsockname()[1]}/web"


@pytest.mark.once
def test_stops_although_a_job_runs_and_the_next_start_takes_it_up(
    home: Path, wiring: Wiring, actor: Actor, git: Git, port: int, silent: str
) -> None:
    git(factories.service(wiring), "remote", "add", "origin", silent)
    with wiring.units.write(actor) as uow:
        (row,) = service.fetch(uow, ["web"])
    environment = {"CALCIFER_DATABASE_URL": wiring.settings.database_url}

    def job() -> JobRow:
        with wiring.units.database.reading() as session:
            return get_job(session, row.id)

    first = Server(home, port, **environment)
    first.first_page()
    until(lambda: job().state == "running")
    began = time.monotonic()
    assert first.end()[0] == 0
    assert time.monotonic() - began < 20
    assert (job().state, job().runner) == ("running", "server")
    git(home / "web", "remote", "set-url", "origin", "git://127.0.0.1:1/web")
    second = Server(home, port, **environment)
    until(lambda: job().state == "pending")
    second.end()
    assert "did not answer as expected" in (job().error or "")
    assert job().attempts == 1


def until(reached: Callable[[], bool]) -> None:
    """Wait until `reached()` is true, at most half a minute."""
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start(home: Path, port: int) -> tuple[float, float]:
    """Start a server, and return the seconds until its first page and the MB that it takes then."""
    began = time.perf_counter()
    # Byte code as an installed program has it, wherever the tests run.
    made = Server(home, port, PYTHONDONTWRITEBYTECODE="", PYTHONPYCACHEPREFIX=str(home.parent / "bytecode"))
    made.first_page()
    seconds = time.perf_counter() - began
    status = Path(f"/proc/{made.process.pid}/status").read_text()
    made.end()
    return seconds, int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.bench
def test_first_page_and_memory_are_within_the_budget(home: Path, port: int) -> None:
    start(home, port)  # makes the database and the byte code
    seconds, resident = start(home, port)
    print(f"start to first page {seconds:.2f} s, resident memory {resident:.0f} MB")  # noqa: T201  (a benchmark says what it found)
    assert seconds <= 1.5
    assert resident <= 130
