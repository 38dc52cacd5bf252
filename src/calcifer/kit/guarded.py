"""The only place that asks a web server whose address somebody else wrote: bounded in size and time, never led anywhere.

Unlike `kit.asking`, whose address a person typed just now, the address here comes from a file of a repository, or from the answer
of another server. What it resolves to is judged, and the connection goes to the very address that was judged (a name that answers
differently the second time leads nowhere). Redirects are answers, not ways. Proxies are those of the environment.
"""

import base64
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from calcifer.kit.errors import Conflict, Unavailable

LARGEST_BYTES = 8_000_000
SILENCE_SECONDS = 10.0
ANSWER_SECONDS = 30.0
PIECE_BYTES = 65_536
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotThere(Conflict):
    """The address lies where nothing is asked for a file of a repository: link-local, or inside where it was given from outside."""


class TooLarge(Conflict):
    """The answer is larger than anything that is read."""


class Untrusted(Conflict):
    """The other side cannot show that it is who it says it is."""


@dataclass(frozen=True)
class Answer:
    """What a server said: status, headers by their names in lower case, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def reach(host: str) -> str:
    """Return how far away a host is by its name alone: `loopback`, `inside`, `outside`, `nowhere`; most names are outside."""
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return "loopback"
    try:
        return _reach(ipaddress.ip_address(bare.partition("%")[0]))
    except ValueError:
        return "outside"


def _reach(address: _Address) -> str:
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    address = mapped or address
    if address.is_loopback:
        return "loopback"
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return "nowhere"
    return "outside" if address.is_global else "inside"


def resolved(host: str) -> set[str]:
    """Return how far away the addresses of a host are; nothing where its name is not known."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {reach(str(one[4][0])) for one in found}


@dataclass(frozen=True)
class Guard:
    """How far a question may go. Link-local and multicast addresses are never asked: metadata services lie there."""

    allowed: frozenset[str] = frozenset({"outside", "inside"})

    def check(self, host: str, addresses: list[str]) -> list[str]:
        """Return the addresses that may be asked; NotThere where there is none."""
        found = [one for one in addresses if reach(one) in self.allowed]
        if not found:
            raise NotThere(f"{host} lies at an address that is not asked for this ({', '.join(addresses[:3])}).")
        return found


def ask(url: str, guard: Guard, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
    """Return what is at an address, whatever its status; raises NotThere, TooLarge, Untrusted or Unavailable with the sentence."""
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc}"
    host = parts.hostname or ""
    if parts.scheme not in {"https", "http"} or not host:
        raise NotThere(f"{place[:200]} is no address of a web server.")
    if reach(host) not in guard.allowed:
        raise NotThere(f"{place} lies at an address that is not asked for this.")
    connection, target, more = _connection(url, guard)
    end = _End(connection)
    try:
        with end:
            connection.request(method, target, headers={"User-Agent": "Calcifer", **more, **(headers or {})})
            answer = connection.getresponse()
            with answer:
                body = b"" if method == "HEAD" else _read(answer, place)
            if end.is_over:  # what was cut off then looks like the end of an answer
                raise TimeoutError
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)
    except ssl.SSLCertVerificationError as error:
        raise Untrusted(
            f"{place} shows a certificate that this machine does not trust: {_reason(error)}.",
            mend="Let the machine trust its authority: /usr/local/share/ca-certificates, update-ca-certificates",
        ) from None
    except (OSError, HTTPException, ValueError) as error:
        if end.is_over:
            raise Unavailable(f"{place} takes longer than {ANSWER_SECONDS:.0f} seconds for one answer.") from None
        raise Unavailable(f"{place} cannot be reached: {_reason(error)}.") from None
    finally:
        connection.close()


class _End:
    """Ends a connection that takes too long, however steadily it drips."""

    def __init__(self, connection: HTTPConnection) -> None:
        """Keep the connection."""
        self._connection, self._began = connection, 0.0
        self._timer = threading.Timer(ANSWER_SECONDS, self._end)
        self._timer.daemon = True

    @property
    def is_over(self) -> bool:
        """Whether the time has passed."""
        return time.monotonic() - self._began >= ANSWER_SECONDS

    def __enter__(self) -> None:
        """Begin to count."""
        self._began = time.monotonic()
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        """Stop counting."""
        self._timer.cancel()

    def _end(self) -> None:
        there = self._connection.sock
        if there is not None:
            with suppress(OSError):
                socket.socket.shutdown(there, socket.SHUT_RDWR)


def _connection(url: str, guard: Guard) -> tuple[HTTPConnection, str, dict[str, str]]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    proxy = None if reach(host) == "loopback" or proxy_bypass(host) else getproxies().get(parts.scheme)
    made: HTTPConnection
    if proxy:
        through = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        allowed = {"Proxy-Authorization": _basic(through.username, through.password)} if through.username else {}
        near = through.hostname or ""
        if parts.scheme == "https":
            made = HTTPSConnection(near, through.port or 8080, timeout=SILENCE_SECONDS, context=_trust())
            made.set_tunnel(host, port or 443, allowed)
            return made, path, {}
        made = HTTPConnection(near, through.port or 8080, timeout=SILENCE_SECONDS)
        return made, url, allowed
    if parts.scheme == "https":
        made = HTTPSConnection(host, port or 443, timeout=SILENCE_SECONDS, context=_trust())
    else:
        made = HTTPConnection(host, port or 80, timeout=SILENCE_SECONDS)
    made._create_connection = _guarded(guard)  # type: ignore[attr-defined]  # noqa: SLF001  (http.client has no other seam)
    return made, path, {}


def _guarded(guard: Guard) -> Callable[..., socket.socket]:
    def connect(address: tuple[str, int], timeout: float, _source: Any = None) -> socket.socket:
        host, port = address
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        allowed = guard.check(host, list(dict.fromkeys(str(one[4][0]) for one in found)))
        failure: OSError | None = None
        for family, kind, protocol, _, where in found:
            if where[0] not in allowed:
                continue
            made = socket.socket(family, kind, protocol)
            made.settimeout(timeout)
            try:
                made.connect(where)
            except OSError as error:
                made.close()
                failure = error
            else:
                return made
        raise failure or OSError("no address")

    return connect


def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _basic(user: str, password: str | None) -> str:
    return "Basic " + base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()


def _read(answer: HTTPResponse, place: str) -> bytes:
    pieces, size = [], 0
    while piece := answer.read1(PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_BYTES:
            raise TooLarge(f"{place} answers with more than {LARGEST_BYTES // 1_000_000} MB: that is not read.")
    return b"".join(pieces)


def _reason(error: BaseException) -> str:
    words = (
        getattr(error, "verify_message", None) or getattr(error, "strerror", None) or str(error) or type(error).__name__
    )
    return re.sub(r"[^\x20-\x7e]", " ", str(words))[:200].rstrip(".")
