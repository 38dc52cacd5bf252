"""What forges answer, read strictly: texts are cut and cleaned, paths and addresses are those of the forge that was asked."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from calcifer.kit.asking import Asking, NotJson, Told
from calcifer.kit.errors import Invalid
from calcifer.kit.git.names import checked_url, visible

PAGE = 50
MOST_PAGES = 200
MOST_REPOSITORIES = 2000
MOST_REQUESTS = 500
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}(?:/[A-Za-z0-9_.-]{1,255}){1,20}\Z")


@dataclass(frozen=True)
class Remote:
    """A repository of a forge: `path` is owner and name, as in `group/web`; `ssh` is None where it lies on another host."""

    path: str
    https: str
    ssh: str | None
    description: str = ""
    is_private: bool = False
    is_fork: bool = False
    is_archived: bool = False
    is_empty: bool = False
    is_mirror: bool = False


@dataclass(frozen=True)
class Request:
    """An open merge request or pull request."""

    number: int
    title: str
    body: str
    author: str
    branch: str
    into: str
    url: str
    is_open: bool = True


class Forge(ABC):
    """One forge at one address, `base`, whose API lies below `api`."""

    kind: str
    user = "oauth2"
    """The name that goes with a token where git asks for one; nobody looks at it."""

    def __init__(self, asking: Asking, base: str, api: str) -> None:
        """Ask through `asking`."""
        self.asking, self.base, self.api = asking, base, api

    @abstractmethod
    def repositories(self, owner: str) -> list[Remote]:
        """Return every repository of a user, organisation or group that may be seen; NotFound where there is no such owner."""

    @abstractmethod
    def requests(self, path: str) -> list[Request]:
        """Return the open requests of the repository `path`, newest first."""

    @abstractmethod
    def request(self, path: str, number: int) -> Request:
        """Return one request."""

    @abstractmethod
    def request_ref(self, number: int) -> str:
        """Return the ref at which the forge keeps the head of a request."""

    def listed(self, path: str, most: int, **query: str | int) -> Iterator[Any]:
        """Yield what a list has on all of its pages, by links, by the number of the next page, or as long as pages are full."""
        number = 1
        url = f"{self.api}{path}?{urlencode(query | {'page': number, **self._size()})}"
        seen: set[str] = set()
        count = 0
        while url:
            if url in seen or len(seen) >= MOST_PAGES:
                raise NotJson(f"{self.base} does not come to an end with its pages.")
            seen.add(url)
            told = self.asking.get(url)
            if not isinstance(told.value, list):
                raise NotJson(
                    f"{self.base} answers with something else than a list: is it the kind of forge that was said?"
                )
            count += len(told.value)
            if count > most:
                raise NotJson(f"{self.base} has more than {most} of them: name a smaller group.")
            yield from told.value
            number += 1
            url = _following(told, url, number)

    def _size(self) -> dict[str, int]:
        return {"per_page": PAGE}

    def remote(self, one: Any, path: str, ssh: str, **facts: bool) -> Remote | None:
        """Make a repository of an answer; None where its path is none that can be asked for."""
        found = text(one, path, 1000)
        if not _PATH.match(found) or any(part.strip(".") == "" for part in found.split("/")):
            return None
        https = f"{self.base}/{found}.git"
        return Remote(found, https, self._ssh(text(one, ssh, 1000)), text(one, "description", 300), **facts)

    def _ssh(self, address: str) -> str | None:
        """Return the ssh address, if it is one on the same host: the person's keys are shown to no other one."""
        host = urlsplit(self.base).hostname
        try:
            checked_url(address)
        except Invalid:
            return None
        if address.startswith("ssh://"):
            return address if urlsplit(address).hostname == host else None
        if "://" in address:
            return None
        return address if address.partition("@")[2].partition(":")[0].lower() == host else None


def _following(told: Told, url: str, number: int) -> str:
    if told.following:
        return told.following
    has_pages = any(name in told.headers for name in ("link", "x-next-page"))
    given = told.headers.get("x-next-page", "")
    following = given if given.isascii() and given.isdigit() and len(given) < 10 else ""
    if not following and (has_pages or len(told.value) < PAGE):
        return ""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | {"page": following or str(number)}
    return urlunsplit(parts._replace(query=urlencode(query)))


def text(one: Any, *names: str | int) -> str:
    """Return a text of an answer by the names on the way to it, cut to the length that comes last; "" where it is none."""
    *way, most = names
    for name in way:
        one = one.get(name) if isinstance(one, dict) else None
    if not isinstance(one, str):
        return ""
    lines = one[: int(most)].replace("\r\n", "\n").split("\n")
    return "\n".join(visible(line) for line in lines).strip()


def flag(one: Any, name: str) -> bool:
    """Return whether an answer says yes to `name`."""
    return isinstance(one, dict) and one.get(name) is True


def number_of(one: Any, name: str) -> int:
    """Return a number of an answer; NotJson where it is none."""
    value = one.get(name) if isinstance(one, dict) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
        raise NotJson(f"The forge gives a request no {name}.")
    return value


def within(url: str, base: str) -> str:
    """Return an address if it lies on the forge itself, else "": it is shown as a link."""
    return url if url.startswith(f"{base}/") and len(url) < 1000 and " " not in url and "\n" not in url else ""
