"""The life of an item but for its completion: open, edit, drop, reopen."""

from pathlib import Path

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.git import checkouts, worktrees
from calcifer.kit.git.repository import HEADS, Repository
from calcifer.kit.rows import insert_new
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as catalog
from calcifer.services.models import Service
from calcifer.work import blueprints, queries
from calcifer.work.branches import branch_name
from calcifer.work.errors import AlreadyComplete
from calcifer.work.models import ChecklistEntry, Item
from calcifer.work.schemas import ItemChanges, NewItem
from calcifer.work.service.storing import get_open, main_of, move_branch, repository_of, save

APP = "calcifer-app"


def open(uow: UnitOfWork, new: NewItem, *, express: bool = False, start: str | None = None) -> Item:  # noqa: A001  (the verb)
    """Open an item: next number, checklist, a branch from main, or from the commit `start` (none for a parent)."""
    permissions.require(uow.actor, "work.open")
    service = _target(uow, new)
    parent = _parent(uow, new.parent)
    repository = repository_of(uow, service)
    main = main_of(repository, service)
    number = queries.next_number(uow.db)
    while repository.tip(f"refs/calcifer/items/{number}") or repository.tip(f"refs/dropped/{number}"):
        number += 1  # fetched since the last scan: somebody else's item, which keeps its number
    lines = (
        []
        if express or new.is_parent
        else blueprints.checklist(repository, main, service.folder, new.category, new.action)
    )
    item = Item(
        number=number,
        title=new.title,
        reason=new.reason,
        category=new.category,
        action=new.action,
        service_id=service.id,
        service=service,
        state="open",
        branch=None if new.is_parent else branch_name(number, new.title),
        is_parent=new.is_parent,
        parent_number=parent.number if parent else None,
        is_express=express,
        notes="",
        docs_reason="",
        author=uow.actor.name,
        author_mail=uow.actor.mail,
        assignee=new.assignee,
        opened_at=uow.now,
        updated_at=uow.now,
        revision=1,
        checklist=[ChecklistEntry(item_number=number, position=n, text=text) for n, text in enumerate(lines, start=1)],
        waivers=[],
    )
    save(uow, item, f"Open #{number}: {new.title}")
    if item.branch:
        move_branch(repository, item, None, start or main)
    insert_new(uow.db, [item, *item.checklist])
    activity.record(uow, "work.open", f"#{number} {new.title}", service=service.name, item_number=number)
    return item


def _target(uow: UnitOfWork, new: NewItem) -> Service:
    if new.category == "service":
        if not new.service:
            raise _nowhere(new)
        return catalog.get_service(uow.db, new.service)
    if new.category == "documentation" and new.service:
        return catalog.get_service(uow.db, new.service)
    app = catalog.find_service(uow.db, APP)
    if app is None:
        raise Invalid.field(
            "category",
            f"This category targets {APP}, which is not in this workspace: clone it there, then calcifer scan.",
        )
    if new.service and new.service != APP:
        raise Invalid.field("service", f"This category targets {APP}.")
    return app


def _nowhere(new: NewItem) -> Invalid:
    why = "Say which service it changes."
    if new.is_parent:
        why = "Say which service it belongs to: a parent has no branch, but its record lies in one repository."
    return Invalid(why, fields={"service": why}, mend="On the command line: -s SERVICE")


def _parent(uow: UnitOfWork, number: int | None) -> Item | None:
    if number is None:
        return None
    parent = get_open(uow, number)
    if not parent.is_parent:
        raise Invalid.field("parent", f"#{number} was not opened as a parent.")
    return parent


def edit(uow: UnitOfWork, number: int, changes: ItemChanges) -> Item:
    """Change what an open item says; a new title does not rename its branch."""
    permissions.require(uow.actor, "work.edit")
    item = get_open(uow, number)
    if changes.revision is not None and changes.revision != item.revision:
        raise Conflict(
            f"#{number} was edited by somebody else meanwhile (revision {item.revision}, yours is {changes.revision}): "
            "look at the other version, then save again."
        )
    before = {}
    for name in changes.model_fields_set - {"revision"}:
        value = getattr(changes, name)
        value = (value.strip() or None) if name == "assignee" and value is not None else value
        if value is None and name != "assignee":
            continue
        if getattr(item, name) != value:
            before[name] = getattr(item, name)
            setattr(item, name, value)
    if before:
        save(uow, item, f"Edit {', '.join(sorted(before))} of #{number}")
        activity.record(
            uow, "work.edit", f"#{number} {item.title}", service=item.service.name, item_number=number, before=before
        )
    return item


def drop(uow: UnitOfWork, number: int) -> Item:
    """Give an item up: its commits move to `refs/dropped/<number>`, from where `reopen` takes them back."""
    permissions.require(uow.actor, "work.drop")
    item = get_open(uow, number)
    if item.is_parent and any(child.state == "open" for child in queries.list_children(uow.db, number)):
        raise Conflict(f"#{number} has open children: complete or drop these first.")
    repository = repository_of(uow, item.service)
    if item.branch:
        head = repository.branch(item.branch)
        release_worktrees(repository, item)
        # Who deleted the branch by hand wanted to be rid of the item: its commits are kept where they are still there.
        kept = head or (item.head if item.head and repository.has(item.head) else None)
        repository.propose(item.dropped_ref, repository.tip(item.dropped_ref), kept)
        if head:
            move_branch(repository, item, head, None)
        item.head = kept or item.head
    item.state = "dropped"
    save(uow, item, f"Drop #{number}")
    activity.record(uow, "work.drop", f"#{number} {item.title}", service=item.service.name, item_number=number)
    return item


def reopen(uow: UnitOfWork, number: int) -> Item:
    """Take a dropped item up again, with its branch where it was."""
    permissions.require(uow.actor, "work.reopen")
    item = queries.get_item(uow.db, number)
    if item.state == "completed":
        raise AlreadyComplete(number)
    if item.state == "open":
        raise Conflict(f"#{number} is open.")
    if item.parent_number and queries.get_item(uow.db, item.parent_number).state == "completed":
        raise Conflict(f"#{number} is a part of #{item.parent_number}, which is completed: open a new item instead.")
    repository = repository_of(uow, item.service)
    if item.branch:
        kept = repository.tip(item.dropped_ref)
        if kept is None:
            raise Conflict(f"The commits of #{number} are gone: refs/dropped/{number} is not in {item.service.name}.")
        if repository.tip(HEADS + item.branch) is not None:
            raise Conflict(f"There is a branch '{item.branch}' in {item.service.name}: rename it first.")
        move_branch(repository, item, None, kept)
        repository.propose(item.dropped_ref, kept, None)
    item.state = "open"
    save(uow, item, f"Reopen #{number}")
    activity.record(uow, "work.reopen", f"#{number} {item.title}", service=item.service.name, item_number=number)
    return item


def release_worktrees(repository: Repository, item: Item) -> None:
    """Let the item's worktrees go with its branch; Conflict where one has uncommitted edits."""
    assert item.branch
    kept = [known for known in worktrees.linked(repository) if known.branch == item.branch]
    repository.removed_worktrees += [known.path for known in kept if not known.path.exists()]
    for checkout in checkouts.on_branch(repository, item.branch):
        if checkout.is_main:
            continue
        edits = checkouts.edits(checkout)
        if edits:
            raise Conflict(
                f"The worktree {checkout.path} of #{item.number} has uncommitted edits: "
                f"{', '.join(edit.path for edit in edits[:5])}.",
                mend=f"calcifer work commit {item.number}, or undo them there",
            )
        repository.removed_worktrees.append(Path(checkout.path))
