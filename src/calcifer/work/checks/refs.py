"""The check `item-refs`: every open or dropped item lies in git, and no other does."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.git.repository import Repository
from calcifer.services.repositories import of_each
from calcifer.services.rows import Stored
from calcifer.work import queries
from calcifer.work.service.storing import repository_of, save

PREFIX = "refs/calcifer/items/"


def mend(ward: Ward, aim: str) -> None:
    """Write the item's ref anew from its row, where there is still none."""
    with ward.units.write(ward.actor) as uow:
        item = queries.get_item(uow.db, int(aim))
        if item.state != "completed" and repository_of(uow, item.service).tip(item.ref) is None:
            save(uow, item, f"Write #{item.number} again")


@check("item-refs", "Items lie in git", mend=mend)
def refs(ward: Ward) -> Iterator[Finding]:
    """Compare rows with `refs/calcifer/items/`, in both directions."""
    return of_each(ward, _look)


def _look(session: Session, service: Stored, repository: Repository) -> Iterator[Finding]:
    there = {_number(ref): ref for ref in repository.refs(PREFIX)}
    known = {item.number: item for item in queries.list_kept(session, service.id)}
    for number, item in known.items():
        if item.state != "completed" and number not in there:
            sentence = f"#{number} is {item.state}, and its ref {PREFIX}{number} is missing."
            yield Finding(service.name, sentence, "calcifer doctor --mend", aim=str(number))
    for number, ref in there.items():
        if number not in known:
            yield Finding(service.name, f"The ref {ref} has no row in the database.", "calcifer rebuild")
        elif known[number].state == "completed":
            remove = f"git -C {service.path} update-ref -d {ref}"
            yield Finding(service.name, f"#{number} is completed, and still has its ref {ref}.", remove)


def _number(ref: str) -> int:
    digits = ref.removeprefix(PREFIX)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 11 else 0
