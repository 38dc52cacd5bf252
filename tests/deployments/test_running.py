"""Runs on this machine, by the same script as on a host: they go on without us, and are found again."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from calcifer.deployments import running, shipping
from calcifer.deployments.running import CutOff, run, stop
from calcifer.deployments.shipping import Place
from calcifer.kit.ssh import HERE

pytestmark = pytest.mark.once
ASKER = """
import sys
from pathlib import Path
from calcifer.deployments import running, shipping
from calcifer.kit.ssh import HERE

shipping.ROOT = sys.argv[1]
place = shipping.Place(HERE, "app", sys.argv[1] + "/app")
print(running.run(place, "start-1", sys.argv[3], Path(sys.argv[2])))
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(shipping, "ROOT", str(tmp_path / "opt"))
    there = Place(HERE, "app", f"{tmp_path}/opt/app")
    yield there
    for begun in (tmp_path / "opt/.versions/app/runs").glob("*/begun"):
        stop(there, begun.parent.name)


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that comes."""
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.02)
    pytest.fail("it did not come")


def is_running(pid: str) -> bool:
    """Whether there is such a process; one that nobody has waited for yet has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_says_all_and_how_it_ended(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert run(place, "start-1", "echo one; echo two >&2; printf 'a\\000b\\n'; exit 7", log) == 7
    assert log.read_bytes() == b"one\ntwo\na?b\n"
    assert log.stat().st_mode & 0o777 == 0o600


def test_asked_again_it_is_not_started_again(place: Place, tmp_path: Path) -> None:
    script = f"echo once >>{tmp_path}/effect; echo said"
    assert run(place, "start-1", script, tmp_path / "one") == 0
    assert run(place, "start-1", "echo something else", tmp_path / "two") == 0
    assert (tmp_path / "effect").read_text() == "once\n"
    assert (tmp_path / "two").read_text() == "said\n"


def test_goes_on_where_who_asked_is_killed_and_is_found_again(place: Place, tmp_path: Path) -> None:
    log, effect, go = tmp_path / "log", tmp_path / "effect", tmp_path / "go"
    script = f"echo begun | tee -a {effect}; until [ -e {go} ]; do sleep 0.05; done; echo done | tee -a {effect}"
    asker = subprocess.Popen([sys.executable, "-c", ASKER, str(tmp_path / "opt"), str(log), script])
    until(lambda: log.exists() and log.read_text() == "begun\n")
    asker.send_signal(signal.SIGKILL)
    asker.wait()
    go.touch()
    assert run(place, "start-1", script, log) == 0
    assert effect.read_text() == log.read_text() == "begun\ndone\n"


def test_two_who_ask_at_once_start_it_once(place: Place, tmp_path: Path) -> None:
    script, codes = f"echo once >>{tmp_path}/effect; sleep 0.3; exit 3", list[int]()
    threads = [
        threading.Thread(target=lambda n=n: codes.append(run(place, "start-1", script, tmp_path / f"log{n}")))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [3] * 4
    assert (tmp_path / "effect").read_text() == "once\n"


def test_is_stopped_with_all_that_it_started(place: Place, tmp_path: Path) -> None:
    log, ended = tmp_path / "log", list[object]()

    def ask() -> None:
        with pytest.raises(CutOff) as caught:
            run(place, "start-1", f"sh -c 'echo $$ >{tmp_path}/pid; sleep 600'; echo never", log)
        ended.append(caught.value)

    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip().isdigit())
    stop(place, "start-1")
    asking.join()
    pid = (tmp_path / "pid").read_text().strip()
    assert not is_running(pid)
    assert len(ended) == 1
    assert "restarted" in str(ended[0])


def test_what_was_cut_off_is_told_and_not_repeated(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = f"echo x >>{tmp_path}/effect; kill -KILL 0"
    for _ in range(2):
        with pytest.raises(CutOff):
            run(place, "start-1", script, log)
    assert (tmp_path / "effect").read_text() == "x\n"


def test_brings_no_more_than_a_bounded_piece(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_BYTES", 100_000)
    assert run(place, "start-1", "head -c 900000 /dev/zero; sleep 0.5; head -c 900000 /dev/zero", tmp_path / "log") == 0
    assert 100_000 <= (tmp_path / "log").stat().st_size <= 1_000_000


def test_a_host_without_setsid_says_so(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("sh", "dd", "flock", "mkdir"):
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(Exception, match="has no setsid"):
        run(place, "start-1", "true", tmp_path / "log")
