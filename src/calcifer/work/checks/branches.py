"""The check `branches`: every open item has its branch."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.git.repository import Repository
from calcifer.services.repositories import of_each
from calcifer.services.rows import Stored
from calcifer.work import queries


@check("branches", "Open items have their branches")
def branches(ward: Ward) -> Iterator[Finding]:
    """Name open items whose branch somebody has deleted or renamed; whether it comes back or the item goes is for people."""
    return of_each(ward, _look)


def _look(session: Session, service: Stored, repository: Repository) -> Iterator[Finding]:
    for item in queries.list_kept(session, service.id, state="open"):
        if item.branch is None or repository.branch(item.branch):
            continue
        is_there = item.head is not None and repository.has(item.head)
        back = f"git -C {service.path} branch {item.branch} {item.head}; or: " if is_there else ""
        sentence = f"The branch '{item.branch}' of #{item.number} is gone."
        yield Finding(service.name, sentence, f"{back}calcifer work drop {item.number}")
