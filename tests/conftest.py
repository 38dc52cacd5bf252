"""What every test shares: no network but this machine's own, a workspace, a database, the application, a person who is signed in.

The database is a copy of one that was made once (SQLite), or emptied and filled again (PostgreSQL, where
CALCIFER_TEST_DATABASE_URL names one; each worker makes a database of its own beside it). In CI nothing is left out.
"""

import faulthandler
import ipaddress
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from calcifer import cli, config
from calcifer.accounts import passwords
from calcifer.app import create_app
from calcifer.kit.terminal import Here
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring, wire
from tests.owner import API_TOKEN, OWNER, SESSION, fill, form_token
from tests.postgres import Postgres
from tests.sshd import Sshd, serving

CONNECT = socket.socket.connect
TEST_DATABASE = os.environ.get("CALCIFER_TEST_DATABASE_URL", "")


def connect_here_only(self: socket.socket, address: Any) -> None:
    """Refuse every address but loopback and sockets in the file system, before a packet is sent."""
    if self.family in {socket.AF_INET, socket.AF_INET6}:
        host = str(address[0])
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise RuntimeError(f"A test wanted to talk to {host}; tests talk to this machine only.")
    CONNECT(self, address)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> None:
    """Keep tests on this machine; for the whole session, so that threads of a fixture are kept too."""
    socket.socket.connect = connect_here_only  # type: ignore[assignment, method-assign]


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give git a home of its own, in which Ada is known; whose machine this is must not matter."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text(
        f"[user]\n\tname = {OWNER.name}\n\temail = {OWNER.mail}\n[init]\n\tdefaultBranch = main\n"
        '[commit]\n\tgpgSign = false\n[protocol "file"]\n\tallow = always\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYWRIGHT_BROWSERS_PATH", browsers())
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        for name in [name for name in os.environ if name.startswith("CALCIFER_") and "TEST" not in name]:
            patch.delenv(name)
        yield


def browsers() -> str:
    """Where Playwright keeps its browsers, before HOME changes."""
    return os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or str(Path.home() / ".cache" / "ms-playwright")


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash with argon2id's least cost: a test that signs in should not wait for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Path:
    """An SQLite database with an owner, their session and their token; copied for each test."""
    home = tmp_path_factory.mktemp("filled")
    wired = wire(config.read({"CALCIFER_HOME": str(home)}))
    fill(wired)
    wired.close()
    return home / "var" / "calcifer.sqlite"


@pytest.fixture(scope="session")
def postgres(cheap_passwords: None) -> Iterator[Postgres | None]:
    """The worker's own PostgreSQL database, where the suite runs on PostgreSQL."""
    if not TEST_DATABASE:
        yield None
        return
    database = Postgres(TEST_DATABASE, os.environ.get("PYTEST_XDIST_WORKER", "alone"))
    yield database
    database.drop()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty workspace."""
    path = tmp_path / "calcifer"
    path.mkdir()
    return path


@pytest.fixture
def wiring(home: Path, filled: Path, postgres: Postgres | None) -> Iterator[Wiring]:
    """The parts over the workspace, with an owner in the database."""
    values = {"CALCIFER_HOME": str(home)}
    (home / "var").mkdir()
    if postgres is None:
        shutil.copy(filled, home / "var" / "calcifer.sqlite")
    else:
        postgres.empty()
        values["CALCIFER_DATABASE_URL"] = postgres.url
    wired = wire(config.read(values))
    if postgres is not None:
        fill(wired)
    yield wired
    wired.close()


@pytest.fixture(scope="session")
def made_app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application, made once: templates take a while to compile."""
    return create_app(wire(config.read({"CALCIFER_HOME": str(tmp_path_factory.mktemp("app"))})))


@pytest.fixture
def app(made_app: FastAPI, wiring: Wiring) -> FastAPI:
    """The application over this test's parts."""
    made_app.state.wiring, made_app.state.units = wiring, wiring.units
    return made_app


@pytest.fixture
def stranger(app: FastAPI) -> TestClient:
    """A browser on this machine that is not signed in."""
    return TestClient(app, "http://127.0.0.1:8000", client=("127.0.0.1", 50000))


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """The owner's browser: signed in, its requests carry the form token, redirects are followed."""
    browser = TestClient(app, "http://127.0.0.1:8000", client=("127.0.0.1", 50000))
    browser.cookies.set("calcifer_session", SESSION)
    browser.headers["x-form-token"] = form_token()
    return browser


@pytest.fixture
def api(app: FastAPI) -> TestClient:
    """The owner's program: every request carries an API token."""
    headers = {"Authorization": f"Bearer {API_TOKEN}"}
    return TestClient(app, "http://127.0.0.1:8000", client=("127.0.0.1", 50000), headers=headers)


@pytest.fixture
def actor() -> Actor:
    """The owner."""
    return OWNER


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed with `--json`."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def calcifer(wiring: Wiring, actor: Actor, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command line on this test's parts as the owner: `calcifer("git", "status", "--json")`."""

    def run(*arguments: object) -> Ran:
        capfd.readouterr()
        opening = Here(wiring.settings.home, wiring.units, wiring.jobs, lambda: actor, wiring)
        code = cli.run([str(argument) for argument in arguments], lambda: opening)
        return Ran(code, *capfd.readouterr())

    return run


Git = Callable[..., str]


@pytest.fixture
def git() -> Git:
    """Run git in a directory as a person would, and return what it prints: `git(path, "status", "--short")`."""

    def run(path: Path, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


VARIANTS = 3
"""How many inputs of a test PostgreSQL sees, unless it is marked `every_input`."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, leave out the tests that no database of the suite has a part in: they would do the same once more.

    So would those marked `once`, which are about git, hosts or processes and ask the database nothing that others do not, and the
    fourth and later inputs of a test, in the order of its parameters.
    """
    if not TEST_DATABASE:
        return
    once = {item for item in items if _is_done_already(item)}
    config.hook.pytest_deselected(items=list(once))
    items[:] = [item for item in items if item not in once]


def _is_done_already(item: pytest.Item) -> bool:
    if item.get_closest_marker("once") or {"wiring", "postgres"}.isdisjoint(getattr(item, "fixturenames", ())):
        return True
    inputs = getattr(item, "callspec", None)
    return (
        inputs is not None and not item.get_closest_marker("every_input") and max(inputs.indices.values()) >= VARIANTS
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why the run failed where only skips are to blame."""
    if left_out(terminalreporter):
        terminalreporter.section("skipped in CI, where everything must be there", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a skip into a failure in CI: there it means that a part is missing, and that nobody would notice."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and left_out(reporter) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def left_out(reporter: pytest.TerminalReporter) -> bool:
    """Say whether this is a CI run that skipped a test."""
    return os.environ.get("CI") == "true" and bool(reporter.stats.get("skipped"))


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """Another machine, which lets us in."""
    with serving(tmp_path_factory.mktemp("ssh") / "sshd") as server:
        yield server


@pytest.fixture
def sshd(machine: Sshd, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """The same, with ssh set up for it; whom it lets in, and what is known of it, is put back at the end."""
    monkeypatch.setenv("GIT_SSH_COMMAND", machine.ssh)
    known, keys = machine.known_hosts.read_text(), machine.authorized_keys.read_text()
    yield machine
    machine.known_hosts.write_text(known)
    machine.authorized_keys.write_text(keys)


@pytest.fixture
def no_loop() -> Iterator[None]:
    """End the process where libgit2 loops: it holds the interpreter, and no other thread would run."""
    faulthandler.dump_traceback_later(300, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
