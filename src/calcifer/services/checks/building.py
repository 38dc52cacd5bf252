"""The check `building`: nothing lies in `var/building` that nobody makes any more."""

from collections.abc import Iterator

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.services.service.building import clear, left_behind


def mend(ward: Ward, _aim: str) -> None:
    """Remove it: copies and clones that never became a service; where they came from is untouched."""
    clear(ward.var)


@check("building", "No half-made repositories", mend=mend, needs_database=False)
def building(ward: Ward) -> Iterator[Finding]:
    """Name what a killed adoption has left."""
    for path in left_behind(ward.var):
        yield Finding(
            str(path),
            "A repository that was being made was left here when its maker died.",
            f"rm -r {path}",
            aim="clear",
        )
