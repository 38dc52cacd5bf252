"""The only place that decides where the server may listen, and who may become the owner."""

import ipaddress
from collections.abc import Mapping

from calcifer.kit.errors import Conflict

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


class NoOwnerYet(Conflict):
    """Whoever came first over the network would become the owner."""


def is_loopback(host: str) -> bool:
    """Say whether an address or name means this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


def check_address(host: str, port: int, *, is_set_up: bool) -> None:
    """Raise NoOwnerYet where the server would be reachable by others before it has an owner."""
    if not is_set_up and not is_loopback(host):
        raise NoOwnerYet(
            f"Calcifer has no owner yet, so it does not listen on {host}: whoever came first would own it.",
            mend=f"`calcifer accounts setup` here, or CALCIFER_HOST=127.0.0.1 and http://127.0.0.1:{port}/setup in a browser.",
        )


def comes_from_here(client: str | None, host: str, headers: Mapping[str, str]) -> bool:
    """Say whether a browser on this machine sent a request, so that it may set up without the code.

    A proxy on this machine forwards for others; a name in `host` may be one that another site has pointed at 127.0.0.1.
    """
    if client is None or not is_loopback(client) or any(name in headers for name in FORWARDED):
        return False
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return is_loopback(name)
