"""A server of its own for each journey, and Chromium."""

import os
import shutil
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
from playwright.sync_api import Browser, Page, sync_playwright

from tests.source import ROOT

QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; skips where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    """A server of an empty workspace in a process of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "CALCIFER_HOME": str(home), "CALCIFER_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "calcifer", "serve"], env=env, stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{url}/healthz").close()  # noqa: S310  (our own address)
            break
        except urllib.error.URLError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield url
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Visit]:
    """Open a page of a new browser: `visit(width=360, script=False, dark=True)`; nothing may appear on its console."""
    opened = []

    def new(*, width: int = 1280, script: bool = True, dark: bool = False) -> Page:
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
        )
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.set_default_timeout(20_000)
        opened.append((page, said))
        return page

    yield new
    for page, said in opened:
        page.context.close()
        assert not said
