"""Puts a repository into a catalog that has nothing, as it was adopted once: a part of a rebuild, and nothing else calls it."""

from dataclasses import dataclass, replace
from pathlib import Path

from calcifer.accounts import permissions
from calcifer.activity.service import Told
from calcifer.kit.git.repository import Repository
from calcifer.kit.uow import UnitOfWork
from calcifer.services import adopted, facts, folders
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
    folder: str = ""

    @property
    def baseline(self) -> str | None:
        """The commit of main at adoption."""
        return self.note.baseline if self.note else None

    @property
    def place(self) -> Path:
        """Where its files are."""
        return self.path / self.folder

    def called(self, name: str) -> "Known":
        """Return the same under another name."""
        return replace(self, name=name)


def known(repository: Repository) -> list[Known]:
    """Read how the services of a repository were adopted, all of it or the folders that it lists or that were noted.

    What nobody noted is as a scan would have it today.
    """
    notes = {note.folder: note for note in adopted.of_folders(repository)}
    whole = adopted.read(repository)
    if whole is not None:
        notes[""] = whole
    branch = next((note.main_branch for note in notes.values() if repository.branch(note.main_branch)), None)
    branch = branch or main_branch(repository)
    listed = folders.listed(repository, repository.branch(branch)).folders
    found = dict.fromkeys([*notes, *listed]) or {"": None}
    return [_known(repository, branch, folder, notes.get(folder)) for folder in sorted(found)]


def _known(repository: Repository, branch: str, folder: str, note: Adopted | None) -> Known:
    path = repository.path
    return Known(path, note.name if note else name_of(path / folder), branch, note, folder)


def restore(uow: UnitOfWork, one: Known, *, baseline: str | None, highest_number: int) -> Service:
    """Make the row; `baseline` is for a repository without a note, where None is main as it is now."""
    permissions.require(uow.actor, "services.rebuild")
    service = Service(
        name=one.name,
        path=str(one.path),
        folder=one.folder,
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
    repository = uow.refs.open(one.path)
    head = repository.branch(one.main_branch)
    if head is not None and not folders.has(repository, head, one.folder):
        service.missing_since, service.head = uow.now, head
    else:
        fill(uow, service, repository, with_refs=True)
    return service


def told(one: Known) -> list[Told]:
    """Return what the activity can be given back of a service: when it was adopted, and by whom."""
    if one.note is None:
        return []
    return [Told(one.note.at, one.note.by, "services.adopt", one.name, one.name, detail={"path": str(one.place)})]
