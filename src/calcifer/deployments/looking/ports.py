"""The only place that says which containers of a host cannot run at the same time, because they want the same port; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from calcifer.deployments.looking.seen import Container, Published


@dataclass(frozen=True)
class Clash:
    """Containers that want one port."""

    port: Published
    containers: tuple[Container, ...]


def clashes(containers: Iterable[Container]) -> Iterator[Clash]:
    """Yield the ports that more than one container wants, by number; those that were made for one command are left out."""
    wanted: dict[tuple[int, str], list[tuple[Container, Published]]] = {}
    for one in containers:
        if not one.is_one_off and one.status != "removing":
            for port in one.published:
                wanted.setdefault((port.port, port.protocol), []).append((one, port))
    for _, found in sorted(wanted.items()):
        yield from _among(found)


def _among(found: list[tuple[Container, Published]]) -> Iterator[Clash]:
    """Yield a clash for each address that is wanted twice; where one wants every address, it clashes with all."""
    groups: dict[str, dict[str, Container]] = {}
    everywhere = {
        family: [one for one, port in found if family in _families(port.address, wide=True)] for family in "46"
    }
    for one, port in found:
        groups.setdefault(port.address, {})[one.id] = one
    told: set[frozenset[str]] = set()
    port = found[0][1]
    for address, group in sorted(groups.items()):
        more = {one.id: one for family in _families(address) for one in everywhere[family]}
        ids = frozenset(group | more)
        if len(ids) > 1 and ids not in told:
            told.add(ids)
            yield Clash(Published(address, port.port, port.protocol), tuple((group | more).values()))


def _families(address: str, *, wide: bool = False) -> str:
    """Return the families, 4 and 6, that an address stands in; with `wide` those of which it is every address."""
    if address == "":
        return "46"
    family = "6" if ":" in address else "4"
    return family if not wide or address in {"0.0.0.0", "::"} else ""  # noqa: S104 -- read, not bound
