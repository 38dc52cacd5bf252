"""The check `merges`: what was completed is on main."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.git.repository import Repository
from calcifer.services.repositories import of_each
from calcifer.services.rows import Stored
from calcifer.work import queries


@check("merges", "What was completed is on main")
def merges(ward: Ward) -> Iterator[Finding]:
    """Name completed items whose merge main does not have (any more): somebody has rewritten or moved it."""
    return of_each(ward, _look)


def _look(session: Session, service: Stored, repository: Repository) -> Iterator[Finding]:
    wanted = {item.merge: item for item in queries.list_kept(session, service.id, state="completed") if item.merge}
    for oid in sorted(repository.missing_from(repository.branch(service.main_branch), wanted)):
        number = wanted[oid].number
        sentence = f"#{number} is completed, but '{service.main_branch}' does not have its merge {oid[:12]}."
        back = f"git -C {service.path} merge {oid}, on '{service.main_branch}'"
        gone = "Its commits are gone: bring them back from a clone or a backup."
        yield Finding(service.name, sentence, back if repository.has(oid) else gone)
