"""The only place that asks a host what it is: one read-only script, one connection; and reads what comes back.

What comes back may be anybody's: lines that are not expected are passed over, each value is cut, and nothing in it is obeyed.
"""

import shlex
import time
from dataclasses import dataclass, field
from pathlib import Path

from calcifer.kit import ssh
from calcifer.kit.errors import Conflict

SECONDS = 60.0
MOST_BYTES = 500_000
LONGEST = 400
MOST_LINES = 300
_SCRIPT = (Path(__file__).parent / "survey.sh").read_text("utf-8")
_ONE = frozenset(
    {
        "time", "user", "uid", "hostname", "kernel", "arch", "os", "os_like", "systemd", "cpus", "memory_kb", "stacks",
        "stacks_writable", "docker", "engine_version", "engine_root", "engine_disk", "engine_error", "engine_denied",
        "compose_version", "end",
    }
)  # fmt: skip
_MANY = frozenset({"disk", "lacks", "address", "link", "wireless"})


@dataclass
class Survey:
    """What a host said: single values, values that there are many of, and how far its clock is ahead of ours in seconds."""

    one: dict[str, str] = field(default_factory=dict)
    many: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in sorted(_MANY)})
    clock_offset_seconds: float | None = None

    def get(self, name: str) -> str:
        """Return a single value, empty where it was not said."""
        return self.one.get(name, "")


def survey(host: ssh.Host, directory: str) -> Survey:
    """Ask `host`, on which services lie in `directory`; raises what ssh says, and Conflict where the answer is none."""
    heard: list[float] = []
    script = f"directory={shlex.quote(directory)}\n{_SCRIPT}"
    said = ssh.answer(host, script, seconds=SECONDS, most_bytes=MOST_BYTES, heard=lambda: heard.append(time.time()))
    return read(said, heard[0] if heard else 0.0, str(host))


def read(said: bytes, heard_at: float, host: str) -> Survey:
    """Read what a host said, of which the first byte came at `heard_at` (seconds since 1970)."""
    made = Survey()
    for line in said.decode("utf-8", "replace").split("\n"):
        name, tab, value = line.partition("\t")
        if not tab:
            continue
        if name in _ONE:
            made.one.setdefault(name, shown(value))
        elif name in _MANY and len(made.many[name]) < MOST_LINES:
            made.many[name].append(shown(value))
    if made.get("end") != "ok" or not made.get("uid"):
        raise Conflict(
            f"{host} did not answer as a POSIX shell does.",
            mend="Look at what ssh to it does for a command: a forced command, or a login shell that ends, is in the way.",
        )
    if made.get("time").isdecimal() and len(made.get("time")) < 14:
        made.clock_offset_seconds = round(
            int(made.get("time")) + 0.5 - heard_at, 1
        )  # it said whole seconds, rounded down
    return made


def shown(value: str) -> str:
    """Return a value without what a terminal or a page would obey, and not too long."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in value[:LONGEST].strip()
    )
