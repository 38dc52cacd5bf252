"""The check `catalog`: the catalog says what the repositories of the workspace say."""

from collections.abc import Iterator

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.services.marked_yaml import shown
from calcifer.services.service.scanning import compare, look

SCAN = "calcifer scan"


def mend(ward: Ward, _aim: str) -> None:
    """Scan: repositories are only read."""
    look(ward.units, ward.actor, ward.home, tell=ward.tell)


@check("catalog", "The catalog knows what is in the workspace", mend=mend)
def catalog(ward: Ward) -> Iterator[Finding]:
    """Name repositories that are no service, and services whose main or items have moved since anybody looked."""
    found = compare(ward.units, ward.actor, ward.home)
    for path in found.fresh:
        yield Finding(
            shown(path.name, 200), f"The repository {shown(str(path), 500)} is no service yet.", SCAN, aim="scan"
        )
    for service in found.moved:
        sentence = f"Main or the items of {service.name} have moved since they were read."
        yield Finding(service.name, sentence, SCAN, aim="scan")
