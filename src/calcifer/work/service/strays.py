"""Commits that reached main without an item: found, listed, and given one afterwards."""

from collections.abc import Mapping, Sequence

from calcifer.accounts import permissions
from calcifer.kit.errors import Invalid
from calcifer.kit.git.repository import Commit, Repository
from calcifer.kit.git.trees import Blob
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as catalog
from calcifer.services.folders import FILE, owner
from calcifer.services.models import Service
from calcifer.work import queries
from calcifer.work.models import Item, Stray
from calcifer.work.schemas import Claim, ItemChanges, NewItem
from calcifer.work.service.commits import commit_tree
from calcifer.work.service.items import edit
from calcifer.work.service.items import open as open_item
from calcifer.work.service.storing import head_of, repository_of, save

FIND_STRAYS = "work.find_strays"
LOOK = 2000
EVERY = 2**31 - 1


def find_strays(uow: UnitOfWork, service: Service, *, limit: int = LOOK) -> int:
    """List the first-parent commits on main since the baseline that no completion brought in; return how many are new.

    Those that wait for an item and are on main no more, since it was reset, go from the list.
    All of them, as far as the limit, and not only those above the last known one: a completion may have come on top of one
    that nobody had looked at.
    """
    permissions.require(uow.actor, "work.find_strays")
    repository = repository_of(uow, service)
    tip = repository.branch(service.main_branch)
    if tip is None:
        return 0
    for stray in queries.list_strays(uow.db, service_id=service.id, limit=LOOK):
        if not (repository.has(stray.oid) and repository.contains(tip, stray.oid)):
            uow.db.delete(stray)
    if tip == service.baseline:
        return 0
    baseline = service.baseline if service.baseline and repository.has(service.baseline) else None  # rewritten since
    found = 0
    commits = repository.log(tip, without=baseline, first_parent=True, limit=limit)
    known = queries.known_merges(uow.db, service.id, [commit.oid for commit in commits] if limit == LOOK else None)
    shared = catalog.list_shared(uow.db, service)
    adoptions = catalog.list_baselines(uow.db, service) if shared else set()
    for commit in commits:
        if commit.oid in known or (shared and not _touches(repository, commit, service, shared, adoptions)):
            continue
        uow.db.add(stray_of(service, commit))
        found += 1
    return found


def _touches(
    repository: Repository, commit: Commit, service: Service, shared: Mapping[str, str], adoptions: set[str]
) -> bool:
    """Say whether a commit is of this service: it changed files of its own, or such as no service has.

    The list of folders is nobody's: where it is all that an adoption changed, that commit is of none.
    """
    paths = {change.path for change in repository.changes(next(iter(commit.parents), None), commit.oid)}
    owners = {owner(path, shared) for path in paths - {FILE}}
    if service.folder in owners:
        return True
    return owners <= {None} and "" not in shared and not (paths == {FILE} and commit.oid in adoptions)


def stray_of(service: Service, commit: Commit) -> Stray:
    """Make the row of a commit that no completion brought in."""
    return Stray(
        service_id=service.id,
        oid=commit.oid,
        subject=commit.subject[:200],
        author=commit.author.name,
        at=commit.at,
        item_number=None,
    )


def _none_waits(uow: UnitOfWork, service: Service, oids: Sequence[str]) -> Invalid:
    why = f"{service.name} has no such commits that wait for an item."
    dropped = queries.find_dropped_answer(uow.db, service.id, oids)
    if dropped is None:
        return Invalid.field("commits", why)
    why = f"#{dropped} answers for these commits of {service.name}, and was dropped: take it up again."
    return Invalid(why, fields={"commits": why}, mend=f"calcifer work reopen {dropped}")


def claim(uow: UnitOfWork, new: Claim) -> Item:
    """Open an item that answers for commits on main; it completes like any other, and its record names them."""
    permissions.require(uow.actor, "work.claim")
    service = catalog.get_service(uow.db, new.service)
    waiting = queries.list_strays(uow.db, service_id=service.id, limit=1000)
    wanted = waiting if new.commits is None else [stray for stray in waiting if stray.oid in new.commits]
    if not wanted or (new.commits is not None and len(wanted) != len(set(new.commits))):
        raise _none_waits(uow, service, new.commits or [])
    title = new.title or wanted[0].subject
    item = open_item(uow, NewItem(title=title, reason=new.reason, service=service.name))
    uow.db.flush()  # the strays refer to the item
    for stray in wanted:
        stray.item_number = item.number
    for stray in queries.list_waiting_beside(uow.db, service, [stray.oid for stray in wanted]):
        uow.db.delete(stray)
    edit(uow, item.number, ItemChanges(notes=new.reason))
    save(uow, item, f"#{item.number} answers for {len(wanted)} commits")
    repository = repository_of(uow, service)
    head = head_of(repository, item)
    tree = repository.edit(head, {item.fragment: Blob(repository.write_blob(new.reason.encode() + b"\n"))})
    commit_tree(uow, repository, item, head, tree, f"Answer for {len(wanted)} commits on {service.main_branch}")
    return item
