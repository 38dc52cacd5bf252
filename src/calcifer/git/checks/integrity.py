"""The check `fsck`: every repository is as git wants it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from calcifer.kit.diagnosis import Finding, Ward, at_once, check
from calcifer.kit.errors import CalciferError
from calcifer.kit.git import damage
from calcifer.kit.git.loose import broken_files
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.upkeep import fsck
from calcifer.services import queries
from calcifer.services.rows import Stored

MOST = 20
"""Broken objects that are named; where more are, the repository comes from a backup."""


@check("fsck", "Repositories are intact", reads_all=True)
def integrity(ward: Ward) -> Iterator[Finding]:
    """Let git read every object, some repositories at a time; what cannot even be opened, the check `services` names."""
    with ward.units.read(ward.actor) as uow:
        services = list({service.path: service for service in queries.list_stored(uow.db)}.values())
    for findings in at_once(services, _look, ward.tell, "git fsck"):
        yield from findings


def _look(service: Stored) -> list[Finding]:
    path = Path(service.path)
    try:
        git_dir = Repository(path).git_dir
    except CalciferError:
        return []
    said = fsck(path)
    broken = list(islice(broken_files(git_dir), MOST)) if said else []
    if broken:
        return [Finding(service.name, damage.sentence(path, file), damage.mend(path, file)) for file in broken]
    bring = f"git -C {path} fsck shows all of it; bring the objects back by a fetch from a clone, or from a backup"
    return [Finding(service.name, f"The repository is damaged: {said}", bring)] if said else []
