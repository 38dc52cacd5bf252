"""The only place that starts something lasting on a host: a script that goes on when the connection ends, and is found again."""

import io
from collections.abc import Callable
from pathlib import Path

from calcifer.deployments.shipping import Place
from calcifer.kit import ssh
from calcifer.kit.errors import Conflict, Unavailable

SECONDS = 3600.0
MOST_BYTES = 5_000_000
"""More of what a run says is not brought here; the host has it."""
_SCRIPT = (Path(__file__).parent / "running.sh").read_text("utf-8")


class CutOff(Conflict):
    """A run ended without saying how: its host was restarted, or somebody killed it."""


def run(
    place: Place,
    name: str,
    script: str,
    log: Path,
    *,
    seconds: float = SECONDS,
    told: Callable[[], None] = lambda: None,
) -> int:
    """Run the POSIX script as the run `name` of a service, or find it again where it has begun; return its exit code.

    What it says is added to `log` as it comes, from where the file ends. Raises CutOff, Unavailable, and what ssh says.
    """
    known = log.stat().st_size if log.exists() else 0
    rest = b""
    with (
        ssh.running(
            place.host,
            _script("run", place, name, known),
            seconds=seconds,
            most_bytes=MOST_BYTES + 1_000_000,
            feed=io.BytesIO(script.encode("utf-8", "surrogateescape")),
        ) as reader,
        log.open("ab") as file,
    ):
        log.chmod(0o600)
        while piece := reader.read():
            said, mark, more = piece.partition(b"\0") if not rest else (b"", b"", piece)
            rest += mark + more
            if said:
                file.write(said)
                file.flush()
                told()
    return _code(place, rest)


def stop(place: Place, name: str) -> None:
    """End a run, where it has begun and not ended: SIGTERM, and after ten seconds SIGKILL, to it and what it has started."""
    ssh.answer(place.host, _script("stop", place, name, 0), seconds=60, most_bytes=10_000)


def _code(place: Place, rest: bytes) -> int:
    if rest == b"\0L":
        raise CutOff(f"On {place.host} it ended without saying how: the host was restarted, or somebody killed it.")
    code = rest.removeprefix(b"\0E")
    if not code.isdigit() or len(code) > 3 or code == rest:
        raise Unavailable(f"{place.host} did not say how it ended: look at the connection, then repeat.")
    return int(code)


def _script(mode: str, place: Place, name: str, offset: int) -> str:
    assert name.replace("-", "").isalnum(), name
    values = {
        "mode": mode,
        "versions": place.versions,
        "run": name,
        "offset": str(offset),
        "most": str(MOST_BYTES),
    }
    return ssh.set_in_front(_SCRIPT, **values)
