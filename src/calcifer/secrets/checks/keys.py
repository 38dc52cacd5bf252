"""The check `secrets`: the workspace's key opens every secret on every main, and a person has the recovery key."""

from collections.abc import Iterator
from pathlib import Path

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.errors import CalciferError, Invalid
from calcifer.kit.git.damage import told
from calcifer.kit.git.repository import Repository
from calcifer.secrets import sealed, service
from calcifer.secrets.keys import Keys
from calcifer.secrets.sealed import CannotBeRead, Sealed
from calcifer.services import queries as services

RESTORE = "Put the recovery key in: calcifer secrets restore FILE   (or the file itself from a backup)"


@check("secrets", "Secrets can be read")
def keys(ward: Ward) -> Iterator[Finding]:
    """Name a missing key, secrets that no key or only an older one opens, and a recovery key that nobody has taken."""
    found = Keys(ward.var)
    try:
        known = found.identities()
    except CalciferError as error:
        yield Finding(str(found.file), error.message, RESTORE)
        return
    has_any = False
    with ward.units.read(ward.actor) as uow:
        for name in services.list_names(uow.db):
            try:
                with told(Path(services.get_service(uow.db, name).path)):
                    ones = service.list_secrets(uow, name)
            except Invalid as error:
                yield Finding(name, error.message, error.mend or "")
                continue
            except CalciferError:  # said by others
                continue
            if ones and not known and not has_any:
                yield Finding(str(found.file), f"The key of the workspace is missing, and {name} has secrets.", RESTORE)
            has_any = has_any or bool(ones)
            if known and ones:
                yield from _of(name, uow.refs.open(Path(services.get_service(uow.db, name).path)), ones, known)
    if has_any and found.has_recovery():
        said = "Nobody has taken the recovery key: if this machine is lost, so are the secrets."
        yield Finding("recovery key", said, "calcifer secrets recovery --to FILE", is_fault=False)


def _of(name: str, repository: Repository, ones: list[Sealed], known: list[str]) -> Iterator[Finding]:
    closed = [one for one in ones if not _opens(repository, one, known)]
    older = [one for one in ones if one not in closed and not _opens(repository, one, known[:1])]
    if closed:
        named = ", ".join(f"{one.name} of {one.target}" for one in closed[:5])
        yield Finding(name, f"{len(closed)} secrets of {name} are encrypted for no key that is here: {named}.", RESTORE)
    if older:
        said = f"{len(older)} secrets of {name} are not encrypted for the workspace's key, but for an older one."
        yield Finding(name, said, "calcifer secrets rotate", is_fault=False)


def _opens(repository: Repository, one: Sealed, identities: list[str]) -> bool:
    try:
        sealed.opened(repository, one, identities)
    except CannotBeRead:
        return False
    return True
