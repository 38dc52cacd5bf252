"""What a machine is called: by ssh's configuration, by an address, and by the key that is pinned for it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from calcifer.kit.errors import Invalid

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})\Z|[0-9A-Fa-f:]{2,45}\Z")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Pin:
    """Which key a host has to show: the one that stands beside `alias` in `file`, a known_hosts file."""

    alias: str
    file: Path


class Shared(Protocol):
    """A connection that scripts share; see `lines`."""

    def options(self, host: "Host") -> list[str]:
        """Return ssh's options for it; none where it cannot be had."""

    def was_lost(self, host: "Host") -> bool:
        """Forget it; whether it had ended by itself."""


@dataclass(frozen=True)
class Host:
    """A machine as ssh knows it: a name of its configuration or of the network."""

    name: str
    user: str | None = None
    port: int | None = None
    pin: Pin | None = None
    line: Shared | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        """As in an address."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{self.user}@" * bool(self.user) + name + (f":{self.port}" if self.port else "")


HERE = Host("this machine")
"""Where no ssh is needed; no host of ssh has a name with a space."""


def is_host_address(url: str) -> bool:
    """Say whether `url` is one of a directory on another machine."""
    return url.strip().startswith("ssh:")


def read_host_address(url: str) -> tuple[Host, str]:
    """Read `ssh://[user@]host[:port]/directory`; Invalid where it is no such address. The host never looks like an option."""
    wrong = "Give a directory on another machine as in ssh://host/opt/stacks; no password belongs into it."
    try:
        parts = urlsplit(url.strip())
        host, port, user = parts.hostname or "", parts.port, parts.username
    except ValueError:
        raise Invalid.field("url", wrong) from None
    path = unquote(parts.path)
    if parts.scheme != "ssh" or parts.query or parts.fragment or parts.password is not None:
        raise Invalid.field("url", wrong)
    if not _HOST.match(host) or (user is not None and not _USER.match(user)) or port == 0:
        raise Invalid.field("url", wrong)
    kept = path.rstrip("/")
    if not kept.startswith("/") or _CONTROL.search(path) or ".." in kept.split("/") or len(path.encode()) > 2000:
        raise Invalid.field("url", "The directory is named from the top, without '..', as in ssh://host/opt/stacks.")
    authority = parts.netloc.rpartition("@")[
        2
    ]  # `urlsplit` makes host names small; in ssh's configuration they are not
    name = authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]
    return Host(name, user, port), re.sub(r"/{2,}", "/", kept)


def read_target(target: str) -> Host:
    """Read `[user@]host` or `ssh://[user@]host[:port]`, as for ssh(1); Invalid where it is neither, or looks like an option."""
    wrong = "Give it as for ssh: host, user@host, or ssh://user@host:port. A name of your ssh configuration will do."
    text = target.strip()
    if text.startswith("ssh://"):
        if text.removeprefix("ssh://").partition("/")[2]:
            raise Invalid.field("target", wrong)
        try:
            return read_host_address(text.rstrip("/") + "/.")[0]
        except Invalid:
            raise Invalid.field("target", wrong) from None
    user, _, name = text.rpartition("@")
    if not _HOST.match(name) or ("@" in text and not _USER.match(user)):
        raise Invalid.field("target", wrong)
    return Host(name, user or None)
