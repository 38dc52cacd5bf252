"""The only place that knows who else refers to hosts: domains above register how to find that, by name."""

from collections.abc import Callable, Iterator

from calcifer.hosts.models import Host
from calcifer.kit.uow import UnitOfWork

Find = Callable[[UnitOfWork, Host], list[str]]
"""Returns what refers to a host, each as people know it: "the service web"."""
FINDERS: dict[str, Find] = {}


def register(domain: str, find: Find) -> None:
    """Let `find` say what in `domain` refers to a host; a host is not removed while anything does."""
    FINDERS[domain] = find


def references(uow: UnitOfWork, host: Host) -> Iterator[str]:
    """Yield what refers to a host."""
    for find in FINDERS.values():
        yield from find(uow, host)
