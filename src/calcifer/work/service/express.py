"""The express lane: a change small enough to open, check and merge at once; and edits in main's checkout made an item."""

from collections.abc import Mapping

from calcifer.accounts import permissions
from calcifer.kit.errors import Conflict, Invalid, NotFound
from calcifer.kit.git import checkouts
from calcifer.kit.git.moves import BranchMoved
from calcifer.kit.git.names import checked_oid, checked_path
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.trees import Blob
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as catalog
from calcifer.services.folders import owned
from calcifer.services.models import Service
from calcifer.work.models import Item
from calcifer.work.rules import Verdict
from calcifer.work.schemas import ItemChanges, NewChange, NewItem
from calcifer.work.service.commits import commit_tree, edited, with_files
from calcifer.work.service.completion import complete, judge
from calcifer.work.service.items import edit
from calcifer.work.service.items import open as open_item
from calcifer.work.service.reach import approve_own
from calcifer.work.service.storing import head_of, main_of, repository_of
from calcifer.work.service.trust import ask_verification

TITLE_CHARACTERS = 72


def change(uow: UnitOfWork, new: NewChange) -> tuple[Item, list[Verdict]]:
    """Open, commit and, where every rule lets it through, complete; else the item stays open. Return it with the verdicts."""
    permissions.require(uow.actor, "work.change")
    item = _begun(uow, new, express=True)
    if new.approve_reach:
        approve_own(uow, item)
    verdicts = judge(uow, item)
    if all(verdict.lets_through for verdict in verdicts):
        return complete(uow, item.number), verdicts
    ask_verification(uow, item)
    return item, verdicts


def collect(uow: UnitOfWork, new: NewChange) -> Item:
    """Make an item of the edits that lie in main's checkout, with all of its checklist, and leave it open."""
    permissions.require(uow.actor, "work.collect")
    return _begun(uow, new, express=False)


def _begun(uow: UnitOfWork, new: NewChange, *, express: bool) -> Item:
    service = catalog.get_service(uow.db, new.service)
    repository = repository_of(uow, service)
    main = main_of(repository, service)
    if new.base is not None and new.base != main and not _is_same(repository, service, new.base, main):
        raise BranchMoved(
            f"'{service.main_branch}' of {service.name} has moved since you began: compare both versions, then repeat."
        )
    files = [file.model_copy(update={"path": service.within(checked_path(file.path))}) for file in new.files]
    tree = with_files(repository, main, main, files) if files else _edited(uow, repository, service, main, new)
    if tree == repository.tree_of(main):
        raise Invalid.field("files", f"There is nothing to change: {service.name} has this content already.")
    opened = NewItem(title=_title(new.reason), reason=new.reason, action=new.action, service=service.name)
    item = open_item(uow, opened, express=express)
    edit(uow, item.number, ItemChanges(notes=new.reason))
    head = head_of(repository, item)
    tree = repository.edit(tree, {item.fragment: Blob(repository.write_blob(new.reason.encode() + b"\n"))})
    commit_tree(uow, repository, item, head, tree, new.reason)
    return item


def _is_same(repository: Repository, service: Service, base: str, main: str) -> bool:
    """Say whether nothing of a service that is a folder has changed between two commits, whatever has beside it."""
    try:
        return bool(service.folder) and repository.tree_of(
            checked_oid(base, "base"), service.folder
        ) == repository.tree_of(main, service.folder)
    except NotFound:
        return False


def _edited(uow: UnitOfWork, repository: Repository, service: Service, main: str, new: NewChange) -> str:
    checkout = next((c for c in checkouts.checkouts(repository) if c.is_main), None)
    if checkout is None:
        raise Conflict(f"{service.name} has no checkout: name the files with their new content.")
    if checkout.branch != service.main_branch:
        raise Conflict(
            f"The checkout of {service.name} is not on '{service.main_branch}'.",
            mend=f"git -C {checkout.path} switch {service.main_branch}",
        )
    naming = f"calcifer change {service.name} -m … FILE…"
    shared = catalog.list_shared(uow.db, service)
    if not shared:
        return edited(checkout, main, new.paths, naming)
    if new.paths is not None:
        return edited(checkout, main, [service.within(checked_path(path, "paths")) for path in new.paths], naming)
    own = own_edits(checkouts.edits(checkout), service, shared)
    return edited(checkout, main, None, naming, own) if own else repository.tree_of(main)


def own_edits(edits: list[checkouts.Edit], service: Service, shared: Mapping[str, str]) -> list[checkouts.Edit]:
    """Return those of the edits in a checkout that are of a service, by their paths in its repository."""
    mine = set(owned((edit.path for edit in edits), service.folder, shared)) if shared else set()
    return [edit for edit in edits if not shared or edit.path in mine]


def _title(reason: str) -> str:
    first = reason.strip().partition("\n")[0].strip()
    if len(first) <= TITLE_CHARACTERS:
        return first.rstrip(".")
    return first[:TITLE_CHARACTERS].rsplit(" ", 1)[0] + "…"
