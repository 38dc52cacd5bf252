"""The check `locks`: no lock is left of a git that was killed."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from calcifer.kit.diagnosis import Finding, Ward, age_seconds, check, move
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.stale import STALE_SECONDS, has_git_in, locks
from calcifer.services.repositories import of_each
from calcifer.services.rows import Stored


def mend(ward: Ward, aim: str) -> None:
    """Move a lock aside that is still old while no git works there; none of Calcifer's can begin meanwhile."""
    repository, _, lock = aim.partition("\n")
    with ward.units.write(ward.actor):
        if age_seconds(Path(lock)) > STALE_SECONDS and not has_git_in(Path(repository)):
            move(Path(lock), ward.aside("locks", Path(lock).name))


@check("locks", "No locks are left behind", mend=mend)
def stale(ward: Ward) -> Iterator[Finding]:
    """Name locks that are old; git itself has no way to tell."""
    return of_each(ward, _look)


def _look(_session: Session, service: Stored, repository: Repository) -> Iterator[Finding]:
    for lock in locks(repository.git_dir):
        if age_seconds(lock) > STALE_SECONDS:
            sentence = f"The lock {lock} is older than {STALE_SECONDS // 60} minutes."
            aim = None if has_git_in(repository.path) else f"{repository.path}\n{lock}"
            yield Finding(service.name, sentence, f"Where no git runs there: rm {lock}", aim=aim)
