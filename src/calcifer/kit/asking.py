"""The only place that asks a program on another machine over HTTP: JSON, bounded in size and time, and never led elsewhere.

The certificate is checked against the machine's own list, as git does it. A token goes to the one place that a person named: no
redirect is followed to another scheme, host or port.
"""

import json
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException, HTTPResponse
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

from calcifer.kit.bounded import Bounds, NotLetIn, TooMany, following, not_trusted, reason
from calcifer.kit.errors import Conflict, Invalid, NotFound, Unavailable

LARGEST_BYTES = 20_000_000
SILENCE_SECONDS = 20.0
ANSWER_SECONDS = 120.0
LEADS = (301, 302, 303, 307, 308)
MOST_LED = 3
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}\Z")


class NotJson(Conflict):
    """What answered is no program of the kind that was asked for."""


class LedElsewhere(Conflict):
    """The address leads to another one, where nothing is asked before a person says so."""


@dataclass(frozen=True)
class Told:
    """An answer: JSON, and the address of the next page, if there is one at the same place."""

    value: Any
    following: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def checked_token(token: str | None) -> str | None:
    """Return the token, None for an empty one; Invalid where it cannot be one. The message does not repeat it."""
    token = (token or "").strip()
    if token and not _TOKEN.match(token):
        raise Invalid.field("token", "A token has up to 4,096 visible characters and no spaces.")
    return token or None


def place_of(url: str) -> str:
    """Return scheme, host and port of a http or https address, as in `https://host:3000`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Asking:
    """Asks one place (`https://host:3000`), with a token where there is one."""

    def __init__(self, place: str, token: str | None = None) -> None:
        """Keep both; nothing is asked yet."""
        if not place.startswith(("https://", "http://")):
            raise Invalid.field("url", "This is no address of a web server: give https://…")
        self.place = place
        self._token = token
        self._opener = urllib.request.build_opener(_Stays)

    @property
    def has_token(self) -> bool:
        """Whether questions are asked with a token."""
        return self._token is not None

    def get(self, path: str, led: int = 0) -> Told:
        """Return what is at `path`, which begins with `/`, or is an address of the same place, or where that leads within it.

        Raises NotFound, NotLetIn, NotTrusted, LedElsewhere, NotJson, TooLarge, TooMany and Unavailable, each with the
        sentence for a person.
        """
        url = urljoin(self.place, path)
        if place_of(url) != self.place:
            raise LedElsewhere(
                f"{self.place} names {place_of(url)} for more: name that address instead, if it is right."
            )
        request = urllib.request.Request(url, headers={"Accept": "application/json", "User-Agent": "Calcifer"})  # noqa: S310  (checked)
        if self._token:
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            with self._opener.open(request, timeout=SILENCE_SECONDS) as answer:
                return self._told(answer, answer.headers, url)
        except urllib.error.HTTPError as error:
            with error:
                target = urljoin(url, error.headers.get("Location") or "") if error.code in LEADS else ""
                if not target or place_of(target) != self.place or led >= MOST_LED:
                    self._refused(error, target or url)
            return self.get(target, led + 1)
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                raise not_trusted(self.place, error.reason) from None
            raise Unavailable(f"{self.place} cannot be reached: {reason(error.reason)}.") from None
        except (OSError, HTTPException, ValueError) as error:
            raise Unavailable(f"{self.place} did not answer as a web server does: {reason(error)}.") from None

    def _told(self, answer: HTTPResponse, headers: Message, url: str) -> Told:
        body = Bounds(self.place, LARGEST_BYTES, ANSWER_SECONDS).read(answer)
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise NotJson(f"{self.place} answers with something else than JSON: is that the right address?") from None
        more = following(url, headers.get("Link", ""))
        return Told(value, more, {k.lower(): v for k, v in headers.items()})

    def _refused(self, error: urllib.error.HTTPError, url: str) -> NoReturn:
        code, headers = error.code, error.headers
        if code in LEADS:
            raise LedElsewhere(
                f"{self.place} leads to {place_of(url)[:200]}: name that address instead, if it is right."
            )
        if code == 429 or (code == 403 and headers.get("x-ratelimit-remaining") == "0"):
            raise TooMany(
                f"{self.place} takes no more requests for now{_until(headers)}.", mend="Give a token, or wait."
            )
        if code in {401, 403}:
            wants = "does not take this token, or it may not see this" if self._token else "wants a token for this"
            raise NotLetIn(f"{self.place} {wants} ({code}).", mend="Make a token there that may read repositories.")
        if code in {404, 410}:
            raise NotFound(f"{self.place} has nothing at {urlsplit(url).path[:200]}, or not for you.")
        if code >= 500:
            raise Unavailable(f"{self.place} has a problem of its own ({code}): try again later.")
        raise NotJson(f"{self.place} does not take the question ({code}): is it the kind of forge that was said?")


def _until(headers: Message) -> str:
    wait = headers.get("Retry-After", "")
    reset = headers.get("x-ratelimit-reset", "")
    if wait.isascii() and wait.isdigit() and len(wait) < 7:
        return f"; in {int(wait)} seconds again"
    if reset.isascii() and reset.isdigit() and len(reset) < 12:
        return f"; at {time.strftime('%H:%M UTC', time.gmtime(int(reset)))} again"
    return ""
