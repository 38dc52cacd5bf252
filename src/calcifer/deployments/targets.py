"""Where a service is meant to run: the targets of its descriptor, and which of them somebody means."""

from dataclasses import dataclass

from calcifer.kit.errors import Invalid
from calcifer.services.intent import PRODUCTION
from calcifer.services.models import Service


class NoTarget(Invalid):
    """The descriptor names no such target."""


@dataclass(frozen=True)
class Target:
    """A host, under the name of an environment."""

    name: str
    host: str
    directory: str = ""
    on_complete: str = ""

    @property
    def is_production(self) -> bool:
        """Whether only completed work may go there."""
        return self.name == PRODUCTION


def of(service: Service) -> list[Target]:
    """Return the targets of a service, in the order of its descriptor."""
    return [
        Target(one["name"], one["host"], one.get("directory") or "", one.get("on_complete") or "")
        for one in service.targets or []
    ]


def choose(service: Service, wanted: str | None) -> Target:
    """Return the target that `wanted` names, by its own name or its host's; the only one where nothing is wanted."""
    there = of(service)
    if not there:
        raise NoTarget(
            f"Nothing says where {service.name} runs.",
            fields={"to": "Its descriptor has no target."},
            mend=f"Name its host in {service.within('.calcifer/service.yaml')}:  targets: [{{host: {wanted or 'HOST'}}}]",
        )
    names = ", ".join(f"{one.name} on {one.host}" for one in there)
    if len({one.host for one in there}) < len(there):
        raise NoTarget.field("to", f"{service.name} has two targets on one host, where it can be once: {names}.")
    found = [one for one in there if wanted in (None, one.name, one.host)]
    if len(found) == 1:
        return found[0]
    if found:
        raise NoTarget.field("to", f"{service.name} has several targets: {names}. Say which.")
    raise NoTarget.field("to", f"{service.name} has no target '{wanted}'. It has {names}.")
