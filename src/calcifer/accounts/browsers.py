"""The only place that knows a browser again that has signed in before.

Failed sign-ins make whoever comes from the same address wait, and behind a proxy that is everybody. A known browser has a queue of
its own, so that nobody else's guesses keep the owner out. Its mark is signed with the password's hash: nothing has to be kept, and
a new password ends every mark.
"""

import hashlib
import hmac
import ipaddress
import secrets
from contextlib import suppress

from calcifer.accounts.models import Person

COOKIE = "calcifer_known"
LASTS_SECONDS = 365 * 86400


def mark(person: Person) -> str:
    """Make the mark for a browser in which `person` has just signed in."""
    nonce = secrets.token_urlsafe(12)
    return f"{nonce}.{_signature(person, nonce)}"


def queue_of(person: Person | None, mark: str | None, address: str) -> str:
    """Return the key under which failed attempts are counted: the browser's own where it is known, else its address."""
    nonce, _, signature = (mark or "").partition(".")
    if person is None or not hmac.compare_digest(signature.encode(), _signature(person, nonce).encode()):
        return f"address {_neighbourhood(address)}"
    return f"browser {nonce}"


def _neighbourhood(address: str) -> str:
    with suppress(ValueError):
        found = ipaddress.ip_address(address.partition("%")[0])
        if found.version == 6:  # whoever has one address has its /64
            return str(ipaddress.ip_network((found, 64), strict=False))
    return address


def _signature(person: Person, nonce: str) -> str:
    return hmac.new(person.password_hash.encode(), f"{person.id} {nonce}".encode(), hashlib.sha256).hexdigest()
