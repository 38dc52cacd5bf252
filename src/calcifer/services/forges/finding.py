"""The only place that finds out which forge is at an address, and which owner or repository the address names."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from calcifer.kit.asking import Asking, LedElsewhere, NotJson, Told
from calcifer.kit.bounded import NotLetIn, TooLarge
from calcifer.kit.errors import CalciferError, Conflict, Invalid, NotFound, Unavailable
from calcifer.services.forges.answers import Forge
from calcifer.services.forges.gitea import Gitea
from calcifer.services.forges.github import GitHub
from calcifer.services.forges.gitlab import GitLab

Kind = Literal["gitea", "github", "gitlab"]
KINDS: tuple[Kind, ...] = get_args(Kind)
GITHUB = "github.com"
GITHUB_API = "https://api.github.com"
_NETLOC = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\Z")
_OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}(?:/[A-Za-z0-9_.-]{1,255}){0,20}\Z")


class NoForge(Conflict):
    """What answers at the address is none of the forges that are known here."""


@dataclass(frozen=True)
class Address:
    """A place (`https://host:3000`), and what is named below it, such as `group/web`."""

    place: str
    path: str


def read_address(url: str, field: str = "url") -> Address:
    """Read `https://git.example.org/some-group`; Invalid where it is no such address, or has a password or a query in it."""
    try:
        parts = urlsplit(url.strip())
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        raise Invalid.field(field, "This is no address: give https://host/owner.") from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise Invalid.field(
            field, "An address has no name, password, token or query in it: the token has a place of its own."
        )
    path = parts.path.strip("/").removesuffix(".git")
    if parts.scheme not in {"http", "https"} or not _NETLOC.match(parts.netloc) or not port_is_one:
        raise Invalid.field(
            field, "Give the address of a user or group of a forge, as in https://git.example.org/some-group."
        )
    if path and (not _OWNER.match(path) or any(part.strip(".") == "" for part in path.split("/"))):
        raise Invalid.field(
            field, "The address names no user or group: give it as in https://git.example.org/some-group."
        )
    return Address(f"{parts.scheme}://{parts.netloc.lower()}", path)


def at(address: Address, kind: Kind | None = None, token: str | None = None) -> tuple[Forge, str]:
    """Return the forge at an address and what is named on it; where no `kind` is said, it is found out by asking.

    Raises NoForge where there is none that is known, else what asking raises.
    """
    if address.place.partition("://")[2] == GITHUB and kind in {None, "github"}:
        place = f"https://{GITHUB}"
        return GitHub(Asking(GITHUB_API, token), place, GITHUB_API), address.path
    asking = Asking(address.place, token)
    first, _, rest = address.path.partition("/")
    led: LedElsewhere | None = None
    for below, path in [("", address.path), *([(f"/{first}", rest)] if rest else [])]:
        for one in (kind,) if kind else KINDS:
            try:
                found = _said(one, asking, below)
            except LedElsewhere as error:  # some lead whoever asks for what they do not have to a sign-in
                led, found = led or error, None
            if found:
                return found, path
    if led:
        raise led
    raise NoForge(
        f"{address.place} is no Gitea, Forgejo, GitHub or GitLab, or hides what it is.",
        mend="Look at the address, or say the kind of forge.",
    )


def _said(kind: Kind, asking: Asking, below: str) -> Forge | None:
    make, api, ask, is_it = _PROBES[kind]
    try:
        told: Told | None = asking.get(f"{below}{api}{ask}")
    except NotLetIn:
        told = None
    except (NotFound, NotJson, TooLarge):
        return None
    if told is not None and not is_it(told.value):
        return None
    if told is None and kind != "gitlab" and not _is_closed(kind, asking, below):
        return None
    return make(asking, f"{asking.place}{below}", f"{asking.place}{below}{api}")


def _is_closed(kind: Kind, asking: Asking, below: str) -> bool:
    """Tell a Gitea that wants a sign-in for everything from another program that does: its own settings are asked for, too."""
    other = "/api/v4/version" if kind == "gitea" else "/api/v1/version"
    try:
        asking.get(f"{below}{other}")
    except NotFound:
        return True
    except CalciferError as error:
        if isinstance(error, Unavailable):
            raise
    return False


def _has(name: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and isinstance(value.get(name), str)


_Probe = tuple[Callable[[Asking, str, str], Forge], str, str, Callable[[Any], bool]]
# How each says what it is: the API's place, a question that costs nothing, and what an answer looks like.
_PROBES: dict[Kind, _Probe] = {
    "gitea": (Gitea, "/api/v1", "/version", _has("version")),
    "gitlab": (GitLab, "/api/v4", "/version", _has("version")),
    "github": (GitHub, "/api/v3", "/meta", lambda value: isinstance(value, dict)),
}


def forge_of_origin(origin: str, said: str | None = None) -> Address:
    """Return where the forge of a repository is and what the repository is called there, by the address of its origin.

    `said` is the address of the forge where the origin, by ssh, does not tell it. Raises Conflict where neither does.
    """
    scp = re.match(r"(?:[A-Za-z0-9._-]+@)?([A-Za-z0-9.-]+):(?!//)(.+)\Z", origin)
    parts = urlsplit(origin)
    if parts.scheme in {"http", "https"}:
        place, path = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", parts.path
    elif parts.scheme == "ssh" and parts.hostname:
        place, path = f"https://{parts.hostname}", parts.path
    elif scp:
        place, path = f"https://{scp[1]}", scp[2]
    else:
        raise Conflict(f"{origin} is no address on a forge.", mend="Take a branch instead: calcifer work take BRANCH")
    if said:
        place = read_address(said, "forge").place
    return read_address(f"{place}/{path.strip('/')}", "origin")
