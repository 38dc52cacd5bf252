"""The check `services`: every service's repository is at its place and can be read."""

from collections.abc import Iterator

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.services.service.scanning import compare


@check("services", "Repositories are there and can be read")
def directories(ward: Ward) -> Iterator[Finding]:
    """Name those that are gone, and those that git refuses: damaged, of another user, of another object format."""
    found = compare(ward.units, ward.actor, ward.home)
    for service in found.missing:
        mend = f"Put it back, or where it is now: calcifer adopt --in-place PATH --name {service.name}-2"
        what = f"folder '{service.folder}' on main of" if service.folder else "repository at"
        yield Finding(service.name, f"There is no {what} {service.path} any more.", mend)
    for name, error in found.failed:
        yield Finding(name, error.message, error.mend or "")
