"""The real server as a process of its own: from its start to its first page, and the memory that it takes."""

import os
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

from bench.data import Workspace
from bench.timing import MB, SECONDS, Line, Samples, timed

START_SECONDS = 1.5
MEMORY_BYTES = 130e6
STARTS = 5
PORT = 8765
PAGES = ("/", "/work", "/services", "/activity")


def measure(made: Workspace, number: int) -> list[Line]:
    """Start the server some times in the large workspace; look at its memory after it has answered some hundred requests."""
    starting, memory = Samples(), Samples()
    for _ in range(STARTS):
        began = time.perf_counter()
        server = _start(made.wiring.settings.home)
        try:
            _first_page(server, made.secret)
            starting.seconds.append(time.perf_counter() - began)
            for path in (*PAGES, f"/work/{number}") * 20:
                _get(path, made.secret)
            memory.seconds.append(_resident_bytes(server.pid))
        finally:
            server.terminate()
            server.wait()
    peer = timed(lambda: subprocess.run(["git", "--version"], check=True, capture_output=True), 20)
    return [
        Line("start to first page", starting.median, starting.noise, START_SECONDS, SECONDS, peer.median, "--version"),
        Line("resident memory", memory.median, memory.noise, MEMORY_BYTES, MB),
    ]


def _start(home: Path) -> subprocess.Popen[bytes]:
    env = os.environ | {"CALCIFER_HOME": str(home), "CALCIFER_PORT": str(PORT)}
    env |= {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "calcifer", "serve"]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _first_page(server: subprocess.Popen[bytes], secret: str) -> None:
    while True:
        try:
            _get("/", secret)
        except ConnectionError:
            if server.poll() is not None:
                assert server.stderr
                raise SystemExit(server.stderr.read().decode()) from None
            time.sleep(0.005)
        else:
            return


def _get(path: str, secret: str) -> None:
    connection = HTTPConnection("127.0.0.1", PORT)
    connection.request("GET", path, headers={"Cookie": f"calcifer_session={secret}"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200 or path == "/services", f"{path} answered {answer.status}"


def _resident_bytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = next(row.split()[1] for row in status.splitlines() if row.startswith("VmRSS:"))
    return int(kilobytes) * 1024.0
