"""The only place that reads what `ip` says of a host's network: addresses by interface, and which may be a macvlan's parent."""

import re
from collections.abc import Iterable

# `2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 … master br0 state UP …\    link/ether 02:… brd …\    veth …`
_LINK = re.compile(r"\d+: ([^\s:@]+)(?:@\S+)?: <([A-Z0-9_,-]*)>(.*)\Z")
# `2: eth0    inet 192.168.1.2/24 brd … scope global eth0\ …`
_ADDRESS = re.compile(r"\d+: ([^\s:@]+)(?:@\S+)?\s+(inet6?) ([0-9a-fA-F.:]+(?:/\d+)?)(?: |\Z)(.*)\Z")
_MADE_BY_ENGINES = re.compile(r"docker0\Z|br-[0-9a-f]{12}\Z|veth[0-9a-f]{7}\Z|cni|flannel|virbr|vnet")
_CANNOT = re.compile(r"\b(?:macvlan|macvtap|ipvlan|ipvtap|tun|wireguard|dummy) ")


def addresses(lines: Iterable[str]) -> dict[str, list[str]]:
    """Return the addresses of each interface, those that are only valid on the machine or the link left out."""
    found: dict[str, list[str]] = {}
    for line in lines:
        said = _ADDRESS.match(line)
        if said and "scope host" not in said[4] and "scope link" not in said[4]:
            found.setdefault(said[1], []).append(said[3])
    return found


def macvlan_parents(links: Iterable[str], wireless: Iterable[str]) -> list[str]:
    """Return the interfaces that a macvlan network may have as its parent.

    An Ethernet interface that is up, belongs to no bridge or bond, and was not made by a container engine. Wireless ones are left
    out, because access points take frames of one hardware address for each station (Linux, Documentation/networking/ipvlan.rst).
    """
    without = set(wireless)
    found = []
    for line in links:
        said = _LINK.match(line)
        if said is None or "link/ether" not in said[3] or "UP" not in said[2].split(","):
            continue
        if " master " not in said[3] and not _CANNOT.search(said[3]) and not _MADE_BY_ENGINES.match(said[1]):
            found.append(said[1])
    return [name for name in found if name not in without]
