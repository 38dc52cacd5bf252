"""Puts a repository into a catalog that has nothing, as it was adopted once: a part of a rebuild, and nothing else calls it."""

from dataclasses import dataclass, replace
from pathlib import Path

from calcifer.accounts import permissions
from calcifer.activity.service import Told
from calcifer.kit.git.repository import Repository
from calcifer.kit.uow import UnitOfWork
from calcifer.services import adopted, facts
from calcifer.services.adopted import Adopted
from calcifer.services.mains import main_branch
from calcifer.services.models import Service
from calcifer.services.naming import name_of
from calcifer.services.service.reading import fill


@dataclass(frozen=True)
class Known:
    """What is known of a service before its files are read; `note` is what its repository says about its adoption."""

    path: Path
    name: str
    main_branch: str
    note: Adopted | None

    @property
    def baseline(self) -> str | None:
        """The commit of main at adoption."""
        return self.note.baseline if self.note else None

    def called(self, name: str) -> "Known":
        """Return the same under another name."""
        return replace(self, name=name)


def known(repository: Repository) -> Known:
    """Read how a repository was adopted; what nobody noted is as a scan would have it today."""
    note = adopted.read(repository)
    branch = note.main_branch if note and repository.branch(note.main_branch) else main_branch(repository)
    return Known(repository.path, note.name if note else name_of(repository.path), branch, note)


def restore(uow: UnitOfWork, one: Known, *, baseline: str | None, highest_number: int) -> Service:
    """Make the row; `baseline` is for a repository without a note, where None is main as it is now."""
    permissions.require(uow.actor, "services.rebuild")
    service = Service(
        name=one.name,
        path=str(one.path),
        title=one.name,
        main_branch=one.main_branch,
        baseline=one.baseline or baseline,
        highest_number=highest_number,
        descriptor_notes=[],
        facts=facts.NONE.as_json(),
        links=[],
        adopted_at=one.note.at if one.note else uow.now,
        scanned_at=uow.now,
    )
    uow.db.add(service)
    uow.db.flush()  # its id is what dependencies and items refer to
    fill(uow, service, uow.refs.open(one.path), with_refs=True)
    return service


def told(one: Known) -> list[Told]:
    """Return what the activity can be given back of a service: when it was adopted, and by whom."""
    if one.note is None:
        return []
    return [Told(one.note.at, one.note.by, "services.adopt", one.name, one.name, detail={"path": str(one.path)})]
