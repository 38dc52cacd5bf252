"""The only place that knows what is derived from a service's compose files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Read = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Facts:
    """What the compose files say."""

    files: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what can be stored."""
        return {"files": list(self.files)}


NONE = Facts()


def read_facts(read: Read) -> Facts:
    """Read the facts by `read`, which gives a file of the repository or None."""
    del read
    return NONE
