"""The only place that asks a web server whose address somebody else wrote: bounded in size and time, never led anywhere.

Unlike `kit.asking`, whose address a person typed just now, the address here comes from a file of a repository, or from the answer
of another server. What it resolves to is judged, and the connection goes to the very address that was judged (a name that answers
differently the second time leads nowhere). Redirects are answers, not ways. Proxies are those of the environment: through one,
names are resolved there, and only addresses that are written out are judged here.
"""

import base64
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from calcifer.kit.bounded import Bounds, not_trusted, reason
from calcifer.kit.errors import Conflict, Unavailable

LARGEST_BYTES = 8_000_000
SILENCE_SECONDS = 10.0
ANSWER_SECONDS = 30.0
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotThere(Conflict):
    """The address lies where nothing is asked for a file of a repository: link-local, or inside where it was given from outside."""


@dataclass(frozen=True)
class Answer:
    """What a server said: status, headers by their names in lower case, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    reach: str = "outside"
    """How far away the address is that answered; through a proxy what the name alone says."""


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
    """Return what is at an address, whatever its status; raises NotThere, TooLarge, NotTrusted or Unavailable with the sentence."""
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc}"
    host = parts.hostname or ""
    if parts.scheme not in {"https", "http"} or not host:
        raise NotThere(f"{place[:200]} is no address of a web server.")
    if reach(host) not in guard.allowed:
        raise NotThere(f"{place} lies at an address that is not asked for this.")
    bounds = Bounds(place, LARGEST_BYTES, ANSWER_SECONDS)
    way = _Way(bounds)
    connection, target, more = _connection(url, guard, way)
    try:
        with way:
            connection.request(method, target, headers={"User-Agent": "Calcifer", **more, **(headers or {})})
            answer = connection.getresponse()
            with answer:
                body = b"" if method == "HEAD" else bounds.read(answer)
            if bounds.left <= 0:  # what was cut off then looks like the end of an answer
                raise TimeoutError
            said = {k.lower(): v for k, v in answer.getheaders()}
            return Answer(answer.status, said, body, way.reached or reach(host))
    except ssl.SSLCertVerificationError as error:
        raise not_trusted(place, error) from None
    except (OSError, HTTPException, ValueError) as error:
        if bounds.left <= 0:
            raise bounds.too_late() from None
        raise Unavailable(f"{place} cannot be reached: {reason(error)}.") from None
    finally:
        connection.close()


class _Way:
    """Connects no further than a guard allows, and ends the connection when its time is over, however steadily it drips."""

    def __init__(self, bounds: Bounds) -> None:
        """Keep the bounds; nothing is connected yet."""
        self.reached = ""
        """How far away the address is that was judged and connected to; empty for a proxy."""
        self._bounds = bounds
        self._held: socket.socket | None = None  # a handle of its own: TLS takes the other one away
        self._timer = threading.Timer(bounds.left, self._end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        """Begin to wait for the end."""
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        """Wait no more."""
        self._timer.cancel()
        if self._held is not None:
            self._held.close()

    def connect(
        self, guard: Guard | None, address: tuple[str, int], timeout: float, _source: Any = None
    ) -> socket.socket:
        """Connect to one of the addresses of a host that may be asked; to any where it is a proxy, which has no guard."""
        host, port = address
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        allowed = guard.check(host, addresses) if guard else addresses
        failure: OSError | None = None
        for family, kind, protocol, _, where in found:
            if where[0] not in allowed:
                continue
            left = self._bounds.left
            if left <= 0:
                raise TimeoutError
            made = socket.socket(family, kind, protocol)
            made.settimeout(min(timeout, left))
            try:
                made.connect(where)
                self._hold(made)
            except OSError as error:
                made.close()
                failure = error
            else:
                self.reached = reach(str(where[0])) if guard else ""
                return made
        raise failure or OSError("no address")

    def _hold(self, made: socket.socket) -> None:
        self._held = made.dup()
        if self._bounds.left <= 0:  # the end has come, and has found nothing to end
            raise TimeoutError

    def _end(self) -> None:
        if self._held is not None:
            with suppress(OSError):
                self._held.shutdown(socket.SHUT_RDWR)


def _connection(url: str, guard: Guard, way: _Way) -> tuple[HTTPConnection, str, dict[str, str]]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    proxy = None if reach(host) == "loopback" or proxy_bypass(host) else getproxies().get(parts.scheme)
    made: HTTPConnection
    target, more = path, dict[str, str]()
    if proxy:
        through = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        allowed = {"Proxy-Authorization": _basic(through.username, through.password)} if through.username else {}
        near = through.hostname or ""
        if parts.scheme == "https":
            made = HTTPSConnection(near, through.port or 8080, timeout=SILENCE_SECONDS, context=_trust())
            made.set_tunnel(host, port or 443, allowed)
        else:
            made = HTTPConnection(near, through.port or 8080, timeout=SILENCE_SECONDS)
            target, more = url, allowed
    elif parts.scheme == "https":
        made = HTTPSConnection(host, port or 443, timeout=SILENCE_SECONDS, context=_trust())
    else:
        made = HTTPConnection(host, port or 80, timeout=SILENCE_SECONDS)
    connect = partial(way.connect, None if proxy else guard)
    made._create_connection = connect  # type: ignore[attr-defined]  # noqa: SLF001  (http.client has no other seam)
    return made, target, more


def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _basic(user: str, password: str | None) -> str:
    return "Basic " + base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
