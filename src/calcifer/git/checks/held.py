"""The check `held`: every checkout has followed its branch."""

from collections.abc import Iterator

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.journal import list_held


def mend(ward: Ward, _aim: str) -> None:
    """Try again; what is still in the way stays as it is."""
    ward.units.replay()


@check("held", "Checkouts have followed their branches", mend=mend)
def held(ward: Ward) -> Iterator[Finding]:
    """Name what the journal holds because something was in the way."""
    with ward.units.read(ward.actor) as uow:
        for row in list_held(uow.db.connection()):
            yield Finding("journal", row.held, "Clear the way, then: calcifer git follow", aim="follow")
