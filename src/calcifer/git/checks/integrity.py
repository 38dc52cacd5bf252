"""The check `fsck`: every repository is as git wants it."""

from collections.abc import Iterator
from pathlib import Path

from calcifer.kit.diagnosis import Finding, Ward, at_once, check
from calcifer.kit.errors import CalciferError
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.upkeep import fsck
from calcifer.services import queries
from calcifer.services.rows import Stored


@check("fsck", "Repositories are intact", reads_all=True)
def integrity(ward: Ward) -> Iterator[Finding]:
    """Let git read every object, some repositories at a time; what cannot even be opened, the check `services` names."""
    with ward.units.read(ward.actor) as uow:
        services = list({service.path: service for service in queries.list_stored(uow.db)}.values())
    for service, said in at_once(services, _look, ward.tell, "git fsck"):
        if said:
            bring = f"git -C {service.path} fsck shows all of it; bring the objects back by a fetch from a clone, or from a backup"
            yield Finding(service.name, f"The repository is damaged: {said}", bring)


def _look(service: Stored) -> tuple[Stored, str]:
    try:
        Repository(Path(service.path))
    except CalciferError:
        return service, ""
    return service, fsck(Path(service.path))
