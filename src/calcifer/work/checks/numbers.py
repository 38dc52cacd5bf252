"""The check `numbers`: no number stands for two items, and none that is in use will be given again."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy.orm import Session

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.git.repository import Repository
from calcifer.services.repositories import of_each
from calcifer.services.rows import Stored
from calcifer.services.service.reading import highest_open
from calcifer.services.service.scanning import look as scan
from calcifer.work import queries

PREFIXES = ("refs/calcifer/items/", "refs/dropped/")


def mend(ward: Ward, _aim: str) -> None:
    """Scan, which counts on from the highest number in any repository."""
    scan(ward.units, ward.actor, ward.home, tell=ward.tell)


@check("numbers", "No number is taken twice", mend=mend)
def numbers(ward: Ward) -> Iterator[Finding]:
    """Name numbers that several repositories use (two workspaces have counted), and those that are ahead of the count."""
    users: dict[str, set[str]] = defaultdict(set)

    def look(session: Session, service: Stored, repository: Repository) -> Iterator[Finding]:
        for prefix in PREFIXES:
            for ref in repository.refs(prefix):
                users[ref.removeprefix(prefix)].add(service.name)
        number = highest_open(repository)
        if number >= queries.next_number(session):
            sentence = f"{service.name} has an item #{number}, and new items are not counted on from there yet."
            yield Finding(service.name, sentence, "calcifer scan", aim="scan")

    yield from of_each(ward, look)
    for number, names in sorted(users.items()):
        if len(names) > 1:
            listed = ", ".join(sorted(names))
            log = (
                f"git log refs/calcifer/items/{number}, in each of them; open one of the two anew, and remove its refs"
            )
            yield Finding(listed, f"#{number} is an item of several services: {listed}.", log)
