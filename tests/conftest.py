"""What holds for every test: no network but this machine's own, and in CI nothing is left out."""

import ipaddress
import os
import socket
from typing import Any

import pytest

CONNECT = socket.socket.connect


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
