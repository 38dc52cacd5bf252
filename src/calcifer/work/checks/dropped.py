"""The check `dropped`: the commits of dropped items are kept."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.git.repository import Repository
from calcifer.services.repositories import of_each
from calcifer.services.rows import Stored
from calcifer.work import queries
from calcifer.work.service.storing import repository_of


def mend(ward: Ward, aim: str) -> None:
    """Name the commits again, where they are still there and nothing else names them."""
    with ward.units.write(ward.actor) as uow:
        item = queries.get_item(uow.db, int(aim))
        repository = repository_of(uow, item.service)
        if item.state == "dropped" and item.head and repository.has(item.head) and not repository.tip(item.dropped_ref):
            repository.propose(item.dropped_ref, None, item.head)


@check("dropped", "Commits of dropped items are kept", mend=mend)
def dropped(ward: Ward) -> Iterator[Finding]:
    """Name dropped items without `refs/dropped/<number>`; one whose commits are gone too can only be opened anew."""
    return of_each(ward, _look)


def _look(session: Session, service: Stored, repository: Repository) -> Iterator[Finding]:
    for item in queries.list_kept(session, service.id, state="dropped"):
        if item.branch is None or repository.tip(f"refs/dropped/{item.number}"):
            continue
        if item.head is not None and repository.has(item.head):
            keep = f"git -C {service.path} update-ref refs/dropped/{item.number} {item.head}"
            sentence = f"Nothing keeps the commits of #{item.number}: git will prune them some day."
            yield Finding(service.name, sentence, keep, aim=str(item.number))
        else:
            sentence = f"The commits of #{item.number}, which was dropped, are not in the repository any more."
            yield Finding(service.name, sentence, "It cannot be reopened: open a new item.", is_fault=False)
