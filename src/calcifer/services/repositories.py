"""The only place that looks at every service's repository in turn; a damaged one keeps no other from being looked at."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from calcifer.kit.diagnosis import Finding, Ward
from calcifer.kit.errors import CalciferError
from calcifer.kit.git.damage import told
from calcifer.kit.git.repository import Repository
from calcifer.services import queries
from calcifer.services.rows import Stored

Look = Callable[[Session, Stored, Repository], Iterable[Finding]]


def of_each(ward: Ward, look: Look, *, alone: bool = False) -> Iterator[Finding]:
    """Yield what `look` finds in each repository, once for all services in it, or for each of these `alone`.

    Of a repository that cannot be opened, the check `services` tells.
    """
    seen: set[str] = set()
    with ward.units.read(ward.actor) as uow:
        for service in queries.list_stored(uow.db):
            if service.path in seen and not alone:
                continue
            seen.add(service.path)
            try:
                repository = Repository(Path(service.path))
            except CalciferError:
                continue
            try:
                with told(repository.path):
                    found = list(look(uow.db, service, repository))
            except CalciferError as error:
                found = [Finding(service.name, error.message, error.mend or "")]
            yield from found
