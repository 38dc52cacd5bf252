"""The check `numbers`: no number stands for two items."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy.orm import Session

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.git.repository import Repository
from calcifer.services.repositories import of_each
from calcifer.services.rows import Stored

PREFIXES = ("refs/calcifer/items/", "refs/dropped/")


@check("numbers", "No number is taken twice")
def numbers(ward: Ward) -> Iterator[Finding]:
    """Name numbers that the refs of more than one repository use: two workspaces have counted, and one was fetched here."""
    users: dict[str, set[str]] = defaultdict(set)

    def look(_session: Session, service: Stored, repository: Repository) -> Iterator[Finding]:
        for prefix in PREFIXES:
            for ref in repository.refs(prefix):
                users[ref.removeprefix(prefix)].add(service.name)
        yield from ()

    yield from of_each(ward, look)
    for number, names in sorted(users.items()):
        if len(names) > 1:
            listed = ", ".join(sorted(names))
            look = (
                f"git log refs/calcifer/items/{number}, in each of them; open one of the two anew, and remove its refs"
            )
            yield Finding(listed, f"#{number} is an item of several services: {listed}.", log)
