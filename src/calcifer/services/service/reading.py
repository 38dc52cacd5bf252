"""Takes a repository into the catalog, and brings its row up to what its main branch says."""

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit.errors import Conflict, NotFound
from calcifer.kit.git.damage import told
from calcifer.kit.git.repository import Repository
from calcifer.kit.uow import UnitOfWork
from calcifer.services import adopted, compose, descriptors, facts, folders, queries
from calcifer.services.intent import Descriptor
from calcifer.services.mains import main_branch
from calcifer.services.marked_yaml import MAX_BYTES
from calcifer.services.models import Service, ServiceDependency
from calcifer.services.naming import checked_name, name_of

RECORDS = ".calcifer/work"
ITEM_REFS = ("refs/calcifer/items/", "refs/dropped/")
MAX_NUMBER = 2**31 - 1


class NameTaken(Conflict):
    """Another service has this name."""


def register(
    uow: UnitOfWork, path: Path, *, folder: str = "", name: str | None = None, baseline: str | None = None
) -> Service:
    """Make a service of the repository at `path`, or of a folder of it; one that is registered already is returned as it is.

    Without a name it is called after its directory; without a baseline everything on main counts as there before.
    """
    permissions.require(uow.actor, "services.adopt")
    path = path.absolute()
    known = queries.find_service_at(uow.db, str(path), folder)
    if known is not None:
        return known
    called = checked_name(name) if name is not None else name_of(path / folder)
    other = queries.find_service(uow.db, called)
    if other is not None:
        raise NameTaken(
            f"There is a service '{called}' already, at {other.place}.", mend="Give this one another name (--name)."
        )
    repository = uow.refs.open(path)
    branch = main_branch(repository)
    service = Service(
        name=called,
        path=str(path),
        folder=folder,
        title=called,
        main_branch=branch,
        baseline=baseline or repository.branch(branch),
        highest_number=0,
        descriptor_notes=[],
        facts=facts.NONE.as_json(),
        links=[],
        adopted_at=uow.now,
        scanned_at=uow.now,
    )
    uow.db.add(service)
    uow.db.flush()  # its id is what dependencies refer to
    fill(uow, service, repository, with_refs=True)
    _note(uow, service, repository, anew=True)
    activity.record(uow, "services.adopt", called, service=called, path=service.place)
    return service


def register_listed(uow: UnitOfWork, path: Path, *, name: str | None = None) -> tuple[list[str], tuple[str, ...]]:
    """Make a service of each folder that a repository lists, or of all of it where it lists none; that may have a `name`.

    Return the names of those that are new, and a sentence about each line of the list that cannot count.
    """
    repository = uow.refs.open(path)
    with told(path):
        listing = folders.listed(repository, repository.branch(main_branch(repository)))
    known = queries.list_folders(uow.db, str(path.absolute()))
    made = []
    for folder in listing.folders or ([] if known else [""]):
        if folder not in known:
            folders.check_nested(folder, known)
            called = _free_name(uow, path, folder) if folder else name
            made.append(register(uow, path, folder=folder, name=called).name)
    return made, (*listing.problems, *(said for folder, said in listing.absent if folder not in known))


def _free_name(uow: UnitOfWork, path: Path, folder: str) -> str:
    """Return the name that was noted or, where another has that of the folder, one with that of the repository before it."""
    note = adopted.read(uow.refs.open(path), folder)
    names = (*([note.name] if note else []), name_of(Path(folder)))
    free = next((name for name in names if queries.find_service(uow.db, name) is None), None)
    return free or name_of(Path(f"{path.name}-{folder.replace('/', '-')}"))


def rescan(uow: UnitOfWork, service: Service, *, thorough: bool = False) -> None:
    """Bring the row up to what main says now, with what this unit proposes; returns at once where main has not moved.

    `thorough` reads again even so, for refs of items that came beside main.
    """
    repository = uow.refs.open(Path(service.path))
    head = repository.branch(service.main_branch)
    if service.folder and head and not folders.has(repository, head, service.folder):
        service.missing_since, service.head = service.missing_since or uow.now, head
        return
    service.missing_since = None
    is_read = service.head is not None and None not in (service.targets, service.updates)
    if thorough or not is_read or repository.branch(service.main_branch) != service.head:
        began = service.baseline is None
        fill(uow, service, repository, with_refs=thorough or service.head is None)
        if thorough or began:
            _note(uow, service, repository, anew=began and service.baseline is not None)


def follow_main(uow: UnitOfWork, service: Service, before: str) -> list[str]:
    """Bring the rows of all services of a repository up to main, which this unit moves on from `before`.

    Return the names of those that had not been read at `before`: somebody was there since the last look.
    """
    with uow.db.no_autoflush:  # rows are written once, at the end
        everyone = [service, *queries.list_beside(uow.db, service)]
    return follow_all(uow, everyone, before)


def follow_all(uow: UnitOfWork, services: list[Service], before: str) -> list[str]:
    """Do the same for these services of one repository; one whose files are the same there is not read again."""
    behind = [one.name for one in services if one.head != before]
    for one in services:
        repository = uow.refs.open(Path(one.path))
        if one.name in behind or not _is_same(repository, one):
            rescan(uow, one)
        else:
            head = repository.branch(one.main_branch)
            one.highest_number = max(one.highest_number, highest_recorded(repository, one.head, head))
            one.head, one.scanned_at = head, uow.now
    return behind


def _is_same(repository: Repository, service: Service) -> bool:
    """Say whether main has the same files for a service as where its row was read."""
    head = repository.branch(service.main_branch)
    if head is None or service.head is None or service.missing_since is not None:
        return False
    try:
        return repository.tree_of(head, service.folder) == repository.tree_of(service.head, service.folder)
    except NotFound:
        return False


def lacks_note(repository: Repository, folder: str = "") -> bool:
    """Say whether the repository does not say yet how it was adopted, and can be told; one that is read only stays as it is."""
    return repository.tip(adopted.ref_of(folder)) is None and _is_writable(repository)


def _is_writable(repository: Repository) -> bool:
    return os.access(repository.git_dir / "refs", os.W_OK)


def _note(uow: UnitOfWork, service: Service, repository: Repository, *, anew: bool) -> None:
    """Write down in the repository how the service was adopted, where that is missing or something else stands there (`anew`).

    At once, and not with the unit: a unit that fails after it leaves a note that the next adoption replaces. Where the unit moves
    main, the note may name the new commit, and waits for it.
    """
    if lacks_note(repository, service.folder) or (anew and _is_writable(repository)):
        note = adopted.Adopted(
            service.name, service.main_branch, service.baseline, service.adopted_at, folder=service.folder
        )
        made = adopted.write(repository, note, uow.actor.person)
        ref = adopted.ref_of(service.folder)
        if repository.moves:
            repository.propose(ref, repository.tip(ref), made)
        else:
            repository.note(ref, made)


def fill(uow: UnitOfWork, service: Service, repository: Repository, *, with_refs: bool) -> None:
    """Read everything, then change the row: a repository that is damaged leaves it as it was."""
    with told(repository.path):
        branch = service.main_branch if repository.branch(service.main_branch) else main_branch(repository)
        head = repository.branch(branch)
        number = max(highest_recorded(repository, service.head, head), highest_open(repository) if with_refs else 0)
        read = reader(repository, head, service.folder)
        seen = descriptors.read_descriptor(read, name=service.name)
        descriptor = seen.descriptor or (None if service.head else _last_good(repository, service, head))
        found = facts.read_facts(read)
    service.main_branch, service.head, service.scanned_at = branch, head, uow.now
    service.baseline = service.baseline or head  # it had no commit when it was adopted
    service.highest_number = max(service.highest_number, number)
    service.descriptor_source, service.descriptor_error = seen.source, seen.error
    service.descriptor_notes = list(seen.notes)
    service.facts = found.as_json()
    if descriptor is not None:
        _take(uow, service, descriptor)


def _last_good(repository: Repository, service: Service, head: str | None) -> Descriptor:
    """Return what the newest descriptor that could be read says, going back on main as far as the baseline.

    Where it was broken from the beginning, there is none, and what can be derived of the baseline is in force.
    """
    commit, known = head, None
    while commit is not None:
        read = reader(repository, commit, service.folder)
        there = repository.entry(commit, service.within(descriptors.PATH))
        if there != known or commit == head:
            seen, known = descriptors.read_descriptor(read, name=service.name), there
            if seen.descriptor is not None:
                return seen.descriptor
        if commit == (service.baseline or head):
            break
        commit = next(iter(repository.commit(commit).parents), None)
    return descriptors.derived(reader(repository, commit or head, service.folder), name=service.name)


def reader(repository: Repository, head: str | None, folder: str) -> compose.Read:
    """Return what gives a file of the service at `folder` as it is in the commit `head`, or None."""
    read = partial(_file, repository, head, folder)
    return compose.Beside(read) if folder else read


def _file(repository: Repository, head: str | None, folder: str, path: str) -> bytes | None:
    """Return a file of the service on main; one that is too big to be read as YAML is not loaded, but still too big."""
    where = folders.placed(folder, path)
    entry = repository.entry(head, where) if head and where else None
    if head is None or where is None or entry is None:
        return None
    return bytes(MAX_BYTES + 1) if repository.size(entry.oid) > MAX_BYTES else repository.read(head, where)


def _take(uow: UnitOfWork, service: Service, descriptor: Descriptor) -> None:
    service.title, service.description = descriptor.title or service.name, descriptor.description or ""
    service.kind, service.owner, service.lifecycle = descriptor.kind, descriptor.owner or "", descriptor.lifecycle
    service.visibility, service.policy, service.verify = descriptor.visibility, descriptor.policy, descriptor.verify
    service.targets = [
        target.model_dump(include={"name", "host", "directory", "on_complete"}) for target in descriptor.targets
    ]
    service.endpoints = [one.model_dump(include={"name", "url", "target", "expect"}) for one in descriptor.endpoints]
    service.updates = [one.model_dump(include={"image", "match", "allow", "automatic"}) for one in descriptor.updates]
    service.links = [{"title": link.title, "url": link.url} for link in descriptor.links]
    _depend(uow, service, descriptor.depends_on)


def _depend(uow: UnitOfWork, service: Service, names: list[str]) -> None:
    wanted = dict.fromkeys(names)
    with uow.db.no_autoflush:  # the service's own row is written once, at the end
        stored = {row.name: row for row in queries.list_stored_dependencies(uow.db, service.id)}
    for name in stored.keys() - wanted.keys():
        uow.db.delete(stored[name])
    uow.db.add_all(ServiceDependency(service_id=service.id, name=name) for name in wanted if name not in stored)


def highest_open(repository: Repository) -> int:
    """Return the highest number of an item in the refs."""
    return _highest(name.rpartition("/")[2] for prefix in ITEM_REFS for name in repository.refs(prefix))


def highest_recorded(repository: Repository, old: str | None, new: str | None) -> int:
    """Return the highest number of an item in the records that came between the commits `old` and `new`."""
    before, after = _records(repository, old), _records(repository, new)
    if after is None or before == after:
        return 0
    return _highest(change.path.partition("-")[0] for change in repository.changes(before, after) if change.new)


def _highest(names: Iterable[str]) -> int:
    numbers = (int(name) for name in names if name.isascii() and name.isdecimal() and len(name) < 11)
    return max((number for number in numbers if number <= MAX_NUMBER), default=0)


def _records(repository: Repository, commit: str | None) -> str | None:
    """Return the id of the folder of records."""
    folder = RECORDS.rpartition("/")[0]
    try:
        entries = repository.folder(commit, folder) if commit else []
    except NotFound:
        return None
    return next((entry.oid for entry in entries if entry.path == RECORDS and entry.kind == "folder"), None)
