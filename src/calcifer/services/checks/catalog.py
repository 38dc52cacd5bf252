"""The check `catalog`: the catalog says what the repositories of the workspace say."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.git.repository import Repository
from calcifer.services import folders
from calcifer.services.marked_yaml import shown
from calcifer.services.repositories import of_each
from calcifer.services.rows import Stored
from calcifer.services.service.scanning import compare, look

SCAN = "calcifer scan"


def mend(ward: Ward, _aim: str) -> None:
    """Scan: repositories are only read."""
    look(ward.units, ward.actor, ward.home, tell=ward.tell)


@check("catalog", "The catalog knows what is in the workspace", mend=mend)
def catalog(ward: Ward) -> Iterator[Finding]:
    """Name repositories that are no service, and services whose main has moved, or that are back, since anybody looked."""
    for path in compare(ward.units, ward.actor, ward.home).fresh:
        sentence = f"The repository {shown(str(path), 500)} is no service yet."
        yield Finding(shown(path.name, 200), sentence, SCAN, aim="scan")
    yield from of_each(ward, _look, alone=True)


def _look(_session: Session, service: Stored, repository: Repository) -> Iterator[Finding]:
    main = repository.branch(service.main_branch)
    is_there = main is None or folders.has(repository, main, service.folder)
    if not is_there:
        return  # as the check `services` says
    if service.missing_since is not None:
        what = "folder" if service.folder else "repository"
        yield Finding(service.name, f"The {what} of {service.name} is back.", SCAN, aim="scan")
    elif main != service.head:
        sentence = f"'{service.main_branch}' of {service.name} has moved since it was read."
        yield Finding(service.name, sentence, SCAN, aim="scan")
