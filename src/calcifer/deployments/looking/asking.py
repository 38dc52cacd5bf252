"""The only place that looks at a host: one script, one connection, outside of any unit of work."""

import io
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from calcifer.deployments.looking import comparing, reading
from calcifer.deployments.looking.comparing import Known
from calcifer.deployments.looking.seen import Seen
from calcifer.deployments.looking.tracking import Compared
from calcifer.hosts import reaching
from calcifer.hosts.reaching import Aim
from calcifer.kit import ssh
from calcifer.kit.errors import CalciferError
from calcifer.services.rows import Stored

SECONDS = 180.0
MOST_BYTES = 64_000_000
"""10,000 containers say about 15 MB."""
_SCRIPT = (Path(__file__).parent / "look.sh").read_text("utf-8")


@dataclass(frozen=True)
class Looked:
    """What a look came to, or why there was none."""

    aim: Aim
    seen: Seen | None = None
    compared: dict[str, Compared] = field(default_factory=dict)
    error: CalciferError | None = None


def look(aim: Aim, var: Path, services: Iterable[Stored], named: Mapping[str, Iterable[str]]) -> Looked:
    """Look at one host, where `services` may lie in the directories `named`, or in the usual ones.

    What keeps it from being reached is a part of the answer.
    """
    known = comparing.known_on(aim, services, named)
    try:
        seen = ask(reaching.connection(aim, var), known)
    except ssh.KeyChanged as error:
        return Looked(aim, error=reaching.changed(aim, error))
    except CalciferError as error:
        return Looked(aim, error=error)
    return Looked(aim, seen, comparing.compare_all(known, seen))


def ask(host: ssh.Host, known: Iterable[Known] = ()) -> Seen:
    """Ask a host what runs on it; raises what ssh says, and Conflict where the answer is none."""
    feed = io.BytesIO(comparing.feed(known))
    return reading.read(ssh.answer(host, _SCRIPT, seconds=SECONDS, most_bytes=MOST_BYTES, feed=feed), str(host))


def adopting(aim: Aim, directory: str) -> str:
    """Return the command that takes a directory of a host into the catalog."""
    if not aim.target:
        return f"calcifer adopt {shlex.quote(directory)}"
    target = aim.target if aim.target.startswith("ssh://") else f"ssh://{aim.target}"
    return f"calcifer survey {shlex.quote(target.rstrip('/') + directory)}   (shows it; calcifer adopt-from takes it)"


def machine(aim: Aim) -> str:
    """Return which machine a host is now: its pinned key, or where it is."""
    return aim.key or aim.target or "this machine"
