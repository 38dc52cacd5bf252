"""The only place that reads what the script says; what comes back may be anybody's, and nothing in it is obeyed."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from calcifer.deployments.looking.seen import Container, Directory, Image, Mount, Published, Seen
from calcifer.hosts.surveying import shown
from calcifer.kit.errors import Conflict

MOST_EACH = 200
"""Of what one container or image may have many of."""
MOST_DIRECTORIES = 2000
MOST_PORT = 65_535
_SUM = re.compile(r"\\?([0-9a-f]{64}) [ *](.+)\Z", re.DOTALL)
_CANNOT = re.compile(r"annot connect|ermission denied")


def read(said: bytes, host: str) -> Seen:
    """Read what `host` said; raises Conflict where that is no answer of the script."""
    made = _Making()
    for line in said.decode("utf-8", "replace").split("\n"):
        key, tab, value = line.partition("\t")
        if tab and key in _KEYS:
            _KEYS[key](made, value)
        elif line:
            made.complain(line)
    if not made.is_whole:
        raise Conflict(
            f"{host} did not answer as a POSIX shell does.",
            mend="Look at what ssh to it does for a command: a forced command, or a login shell that ends, is in the way.",
        )
    return made.finish()


class _Making:
    """Lines, one after the other; those on git and sums belong to the directory that was named last."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.lacks: set[str] = set()
        self.errors: list[str] = []
        self.directory = Directory("", "unknown")
        self.sums: dict[str, str] = {}
        self.now: int | None = None
        self.is_whole = False

    def finish(self) -> Seen:
        self.seen.lacks = frozenset(self.lacks)
        told = [line for line in self.errors if line]
        self.seen.engine_error = next((line for line in told if _CANNOT.search(line)), told[-1] if told else "")
        return self.seen

    def complain(self, line: str) -> None:
        if not self.seen.complaint and "o such " not in line:
            self.seen.complaint = shown(line)

    def lack(self, value: str) -> None:
        self.lacks.add(shown(value))

    def user(self, value: str) -> None:
        self.seen.user = shown(value)

    def engine(self, value: str) -> None:
        self.seen.engine_version = shown(value)

    def error(self, value: str) -> None:
        if len(self.errors) < MOST_EACH:
            self.errors.append(shown(value))

    def time(self, value: str) -> None:
        self.now = int(value) if re.fullmatch("[0-9]{1,13}", value) else None

    def count(self, value: str) -> None:
        self.seen.counted = int(value) if re.fullmatch("[0-9]{1,9}", value) else 0

    def container(self, value: str) -> None:
        if (found := _object(value)) and (id_ := _text(found, "id")):
            self.seen.containers.append(_container(id_, found, self.now))

    def image(self, value: str) -> None:
        if (found := _object(value)) and (id_ := _text(found, "id")):
            tags, digests = tuple(_texts(found, "tags")), tuple(_texts(found, "digests"))
            self.seen.images.append(Image(id_, tags, digests, _text(found, "created")[:10]))

    def network(self, value: str) -> None:
        if found := _object(value):
            self.seen.drivers[_text(found, "name")] = _text(found, "driver")

    def place(self, value: str) -> None:
        state, _, path = value.partition("\t")
        self.directory = Directory(shown(path), _state(state))
        if len(self.seen.directories) < MOST_DIRECTORIES:
            self.directory = self.seen.directories.setdefault(self.directory.path, self.directory)

    def file(self, value: str) -> None:
        state, _, path = value.partition("\t")
        if len(self.seen.files) < 10 * MOST_DIRECTORIES:
            self.seen.files[shown(path)] = _state(state)

    def git(self, value: str) -> None:
        self.directory.git = value if value in {"repository", "none", "foreign"} else "unread"

    def status(self, value: str) -> None:
        if len(self.directory.status) < MOST_EACH:
            self.directory.status.append(
                shown(value.partition("\t")[0])
            )  # after the tab is how a file was called before

    def untracked(self, value: str) -> None:
        if len(self.directory.untracked) < MOST_EACH:
            self.directory.untracked.append(shown(value))

    def known(self, value: str) -> None:
        self.sums = self.seen.known.setdefault(value, {})

    def missing(self, value: str) -> None:
        self.sums[value] = "missing"

    def link(self, value: str) -> None:
        self.sums[value] = "link"

    def sum(self, value: str) -> None:
        if said := _SUM.match(value):
            name = said[2]
            if value.startswith("\\"):
                name = re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), name)
            self.sums[name] = said[1]

    def end(self, value: str) -> None:
        self.is_whole = value == "ok"


_KEYS: dict[str, Callable[[_Making, str], None]] = {
    "lacks": _Making.lack,
    "time": _Making.time,
    "user": _Making.user,
    "engine_version": _Making.engine,
    "engine_error": _Making.error,
    "containers": _Making.count,
    "container": _Making.container,
    "image": _Making.image,
    "network": _Making.network,
    "directory": _Making.place,
    "file": _Making.file,
    "git": _Making.git,
    "status": _Making.status,
    "untracked": _Making.untracked,
    "known": _Making.known,
    "missing": _Making.missing,
    "link": _Making.link,
    "sum": _Making.sum,
    "end": _Making.end,
}


def _container(id_: str, said: dict[str, Any], now: int | None) -> Container:
    check = _texts(said, "check")
    stack = _text(said, "stack")
    return Container(
        id=id_,
        name=_text(said, "name").removeprefix("/") or id_[:12],
        image=_text(said, "ref"),
        image_id=_text(said, "image"),
        status=_text(said, "status"),
        exit_code=_number(said, "exit"),
        error=_text(said, "error"),
        restarts=_number(said, "restarts"),
        up_seconds=_up(_text(said, "started"), now),
        health=_text(said, "health"),
        has_check=bool(check) and check[0] != "NONE",
        restart=_text(said, "restart"),
        is_privileged=said.get("privileged") is True,
        shares_pids=_text(said, "pid") == "host",
        network=_text(said, "network"),
        capabilities=tuple(_texts(said, "capabilities")),
        published=tuple(_published(said.get("ports"))),
        mounts=tuple(_mounts(said.get("mounts"))),
        addresses=tuple(_addresses(said.get("addresses"))),
        stack=stack,
        service=_text(said, "service"),
        is_one_off=_text(said, "one_off").lower() == "true" or (said.get("auto") is True and not stack),
        directory=_text(said, "directory"),
        files=_text(said, "files"),
        swarm=_text(said, "swarm"),
    )


def _up(started: str, now: int | None) -> float | None:
    """Return the seconds from an instant (RFC 3339) to `now` (since 1970)."""
    try:
        return None if now is None else now - datetime.fromisoformat(started).timestamp()
    except (ValueError, OverflowError):
        return None


def _published(said: object) -> Iterator[Published]:
    """Yield fixed ports of the host; one that the engine chooses (none, 0, a range) cannot clash."""
    for inner, ends in list(said.items())[:MOST_EACH] if isinstance(said, dict) else ():
        protocol = str(inner).partition("/")[2] or "tcp"
        for end in ends[:MOST_EACH] if isinstance(ends, list) else ():
            port = _text(end, "HostPort") if isinstance(end, dict) else ""
            if re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) <= MOST_PORT:
                yield Published(_text(end, "HostIp"), int(port), shown(protocol))


def _mounts(said: object) -> Iterator[Mount]:
    for one in said[:MOST_EACH] if isinstance(said, list) else ():
        if isinstance(one, dict):
            kind = _text(one, "Type")
            source = _text(one, "Name") if kind == "volume" else _text(one, "Source")
            yield Mount(kind, source, _text(one, "Destination"), one.get("RW") is True)


def _addresses(said: object) -> Iterator[tuple[str, str]]:
    for one in said[:MOST_EACH] if isinstance(said, list) else ():
        if isinstance(one, list) and len(one) == 2 and all(isinstance(word, str) for word in one) and one[1]:
            yield shown(one[0]), shown(one[1])


def _object(value: str) -> dict[str, Any]:
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(said: dict[str, Any], key: str) -> str:
    found = said.get(key)
    return shown(found) if isinstance(found, str) else ""


def _texts(said: dict[str, Any], key: str) -> list[str]:
    found = said.get(key)
    return [shown(one) for one in found[:MOST_EACH] if isinstance(one, str)] if isinstance(found, list) else []


def _number(said: dict[str, Any], key: str) -> int:
    found = said.get(key)
    return found if isinstance(found, int) and abs(found) < 2**31 else 0


def _state(value: str) -> str:
    return value if value in {"yes", "no", "hidden"} else "unknown"
