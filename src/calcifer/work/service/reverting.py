"""Taking a completed item back: a new, linked item with the inverse of its merge."""

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit.errors import Conflict
from calcifer.kit.git.trees import Blob
from calcifer.kit.uow import UnitOfWork
from calcifer.services.folders import relative
from calcifer.work import changelog, queries
from calcifer.work.errors import Merging
from calcifer.work.models import Item
from calcifer.work.schemas import ItemChanges, NewItem
from calcifer.work.service.commits import commit_tree
from calcifer.work.service.items import edit
from calcifer.work.service.items import open as open_item
from calcifer.work.service.storing import main_of, repository_of


def revert(uow: UnitOfWork, number: int, reason: str) -> Item:
    """Open an item whose branch undoes what #number brought to main, but leaves CHANGES and records as they are."""
    permissions.require(uow.actor, "work.revert")
    item = queries.get_item(uow.db, number)
    if item.state != "completed" or item.merge is None:
        raise Conflict(f"#{number} is not completed: there is nothing to take back.")
    if item.is_parent:
        raise Conflict(f"#{number} is a parent: take its children back one by one.")
    repository = repository_of(uow, item.service)
    main = main_of(repository, item.service)
    before = repository.commit(item.merge).parents[0]
    kept = {
        change.path: change.new
        for change in repository.changes(before, item.merge)
        if change.path.startswith((".calcifer/work/", item.service.within("changes.d/")))
        or relative(item.service.folder, change.path).lower() in changelog.NAMES
    }
    merge = repository.merge_trees(item.merge, main, repository.edit(before, kept))
    opened = NewItem(title=f"Revert {item.title}"[:200], reason=reason, action="fix", service=item.service.name)
    if merge.tree is None:
        raise Merging(number, merge.conflicts)
    if merge.tree == repository.tree_of(main):
        raise Conflict(f"What #{number} changed is not on main any more: there is nothing to take back.")
    made = open_item(uow, opened.model_copy(update={"category": item.category}))
    made.reverts = number
    edit(uow, made.number, ItemChanges(notes=f"Takes back #{number}: {reason}"))
    entry = f"Take back #{number} ({item.title}): {reason}\n"
    tree = repository.edit(merge.tree, {made.fragment: Blob(repository.write_blob(entry.encode()))})
    commit_tree(uow, repository, made, main, tree, f"Revert #{number}: {item.title}\n\n{reason}")
    activity.record(uow, "work.revert", f"#{number} {item.title}", service=item.service.name, item_number=number)
    return made
