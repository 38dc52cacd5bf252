"""What is listed: an image as a service uses it, and what it could be updated to."""

from dataclasses import dataclass

from calcifer.updates.choosing import Offer
from calcifer.updates.models import Image
from calcifer.updates.rules import Rule


@dataclass(frozen=True)
class Used:
    """An image as a service names it, in one container or several; `name` is empty where it is no reference."""

    service: str
    written: str
    containers: tuple[str, ...]
    name: str
    rule: Rule

    @property
    def key(self) -> tuple[str, str]:
        """What an open item takes once."""
        return self.service, self.written


@dataclass(frozen=True)
class Update:
    """An image of a service, and what it could be updated to."""

    used: Used
    offer: Offer
    image: Image | None
