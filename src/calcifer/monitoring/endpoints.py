"""What an endpoint is, to which target it belongs, and what an answer is: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from calcifer.services.intent import PRODUCTION

Standing = Literal["well", "ill", "unjudged"]
PORTS = {"http": 80, "https": 443, "dns": 53}


@dataclass(frozen=True)
class Endpoint:
    """An address that has to answer."""

    url: str
    name: str = ""
    expect: int | None = None
    """The status that HTTP has to answer with; any of 2xx and 3xx without it (RFC 9110, section 15)."""

    @property
    def kind(self) -> str:
        """The scheme of its address."""
        return self.url.partition(":")[0].lower()

    @property
    def parts(self) -> SplitResult:
        """Its address, taken apart; ValueError where it has no host."""
        found = urlsplit(self.url)
        if not found.hostname:
            raise ValueError("no host")
        return found

    @property
    def port(self) -> int:
        """Its port; ValueError where it has none."""
        found = self.parts.port or PORTS.get(self.kind)
        if not found:
            raise ValueError("no port")
        return found

    @property
    def shown(self) -> str:
        """Its address as people are told it: without user, password and query, which may be secret."""
        found = urlsplit(self.url)
        return f"{found.scheme}://{found.netloc.rpartition('@')[2]}{found.path}"

    def well(self, said: str) -> "Answer":
        """Return that it answers."""
        return Answer(self, "well", said)

    def ill(self, said: str) -> "Answer":
        """Return that it does not, or not as it should."""
        return Answer(self, "ill", said)

    def unjudged(self, said: str) -> "Answer":
        """Return that it could not be asked."""
        return Answer(self, "unjudged", said)


@dataclass(frozen=True)
class Answer:
    """What came of asking."""

    endpoint: Endpoint
    standing: Standing
    said: str
    """What it did, for a sentence that begins with the address."""

    @property
    def sentence(self) -> str:
        """The whole sentence."""
        name = f"{self.endpoint.name} ({self.endpoint.shown})" if self.endpoint.name else self.endpoint.shown
        return f"{name} {self.said}."


def of_target(said: Iterable[Mapping[str, Any]], target: str) -> list[Endpoint]:
    """Return the endpoints that belong to a target: those that name it; one that names none belongs to production."""
    return [
        Endpoint(one["url"], one.get("name") or "", one.get("expect"))
        for one in said
        if (one.get("target") or PRODUCTION) == target
    ]
