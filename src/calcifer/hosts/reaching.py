"""The only place that connects to hosts, outside of any unit of work: enrols them, checks them, and asks for their keys.

The pinned keys of all hosts are in `var/known_hosts`, made from the database before each connection. The key of a host that is
enrolled is compared with what the person's own ssh knows of it; where that knows nothing, it is the first that was ever seen.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from calcifer.hosts import examining, queries, surveying
from calcifer.hosts.models import Host
from calcifer.kit import ssh
from calcifer.kit.errors import CalciferError, Conflict, Unavailable
from calcifer.kit.locks import WriteLock
from calcifer.kit.uow import Actor, Units

AT_ONCE = 16
"""Connections at once: each is a process here, and all of them may go through one jump host (sshd_config(5), MaxStartups)."""
ALIAS = "{name}.calcifer-host"
"""What a host is called in `known_hosts`, whatever its address is."""
LOOK = "ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub"


@dataclass(frozen=True)
class Aim:
    """What a connection needs to know of a host, apart from its row."""

    id: int
    name: str
    target: str
    directory: str
    key: str | None
    pinned_at: datetime | None

    @classmethod
    def of(cls, host: Host) -> "Aim":
        """Make it from the row."""
        return cls(host.id, host.name, host.target, host.directory, host.key, host.pinned_at)


@dataclass(frozen=True)
class Checked:
    """What a check came to: facts and findings, or why the host was not reached."""

    aim: Aim
    facts: dict[str, Any] | None = None
    findings: tuple[dict[str, str], ...] = ()
    error: CalciferError | None = None


def connection(aim: Aim, var: Path) -> ssh.Host:
    """Return how ssh reaches a host: by its target, and by no other key than the pinned one."""
    if not aim.target:
        return ssh.HERE
    return replace(ssh.read_target(aim.target), pin=ssh.Pin(ALIAS.format(name=aim.name), known_hosts(var)))


def known_hosts(var: Path) -> Path:
    """Return where the pinned keys are."""
    return var / "known_hosts"


def write_known_hosts(units: Units, actor: Actor, var: Path) -> None:
    """Bring `var/known_hosts` to what the database says; written anew as a whole, and only where it differs."""
    with WriteLock(var / "known_hosts.lock"):  # so that nobody writes what he read before somebody else did
        with units.read(actor) as uow:
            pinned = [(host.name, host.key) for host in queries.list_present(uow.db) if host.key]
        content = "".join(f"{ALIAS.format(name=name)} {key}\n" for name, key in pinned)
        path = known_hosts(var)
        if path.is_file() and path.read_text("utf-8") == content:
            return
        part = path.with_name("known_hosts.part")
        part.touch(mode=0o600)
        with part.open("w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def first_key(target: str) -> tuple[str | None, bool]:
    """Return the key that the host at `target` shows, and whether the person's ssh knows it; None for this machine.

    Raises KeyChanged where the person's ssh knows another one.
    """
    if not target:
        return None, True
    host = ssh.read_target(target)
    key = ssh.offered_key(host)
    kind = key.partition(" ")[0]
    known = {one for one in ssh.known_keys(host) if one.partition(" ")[0] == kind}
    if known and key not in known:
        shown = ssh.fingerprint(key)
        raise ssh.KeyChanged(
            f"{host} shows the key {shown}, and the ssh of Calcifer's user knows it by another one: "
            f"{', '.join(sorted(map(ssh.fingerprint, known)))}. Nothing was done.",
            mend=f"Find out why. Where the host was set up anew: ssh-keygen -R {host.name}, as the user that Calcifer runs as",
            shown=shown,
        )
    return key, bool(known)


def enrol(target: str, directory: str, key: str | None) -> Checked:
    """Look at a host that is not in the database yet, by this key alone."""
    with tempfile.TemporaryDirectory(prefix="calcifer-host-") as folder:
        aim = Aim(0, "new", target, directory, key, None)
        if key:
            known_hosts(Path(folder)).write_text(f"{ALIAS.format(name='new')} {key}\n", "utf-8")
        return examine(aim, Path(folder))


def examine(aim: Aim, var: Path) -> Checked:
    """Look at one host, by one connection; what keeps it from being reached is a part of the answer."""
    try:
        said = surveying.survey(connection(aim, var), aim.directory)
    except ssh.KeyChanged as error:
        return Checked(aim, error=changed(aim, error))
    except CalciferError as error:
        return Checked(aim, error=error)
    found = examining.findings(said, aim.directory)
    kept = tuple({"subject": one.subject, "sentence": one.sentence, "mend": one.mend} for one in found)
    return Checked(aim, examining.facts(said), kept)


def examine_all(aims: Sequence[Aim], var: Path, tell: Callable[[str], None]) -> Iterator[Checked]:
    """Look at many hosts, AT_ONCE at a time; yields each as soon as it has answered, or does not."""
    with ThreadPoolExecutor(min(AT_ONCE, len(aims) or 1), thread_name_prefix="calcifer-host") as pool:
        for number, done in enumerate(as_completed([pool.submit(examine, aim, var) for aim in aims]), 1):
            tell(f"{number} of {len(aims)} hosts")
            yield done.result()


def changed(aim: Aim, error: ssh.KeyChanged) -> ssh.KeyChanged:
    """Say which key was pinned and since when, which one is shown, and how that one is pinned on purpose."""
    assert aim.key
    kind = ssh.kind_of(aim.key)
    since = f" since {aim.pinned_at:%Y-%m-%d}" if aim.pinned_at else ""
    shown = error.shown or "FINGERPRINT"
    return ssh.KeyChanged(
        f"{aim.name} shows another key than the {kind.upper()} key {ssh.fingerprint(aim.key)} that was pinned{since}"
        f"{f': it shows {error.shown}' if error.shown else ''}. "
        "Somebody may be between here and there, or the host was set up anew. Calcifer does not talk to it.",
        mend=f"Where the host itself says the same key ({LOOK.format(kind=kind)}): calcifer hosts pin {aim.name} {shown}",
        shown=error.shown,
    )


def final(error: CalciferError) -> CalciferError:
    """Return what went wrong as something that is not tried again by itself: a person waits for it."""
    return Conflict(error.message, mend=error.mend) if isinstance(error, Unavailable) else error
