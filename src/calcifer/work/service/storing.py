"""The only place that writes what an open item says to `refs/calcifer/items/<number>`."""

from pathlib import Path

from calcifer.kit.errors import Conflict
from calcifer.kit.git.repository import HEADS, Repository
from calcifer.kit.git.trees import Blob
from calcifer.kit.uow import UnitOfWork
from calcifer.services.models import Service
from calcifer.work import queries, records
from calcifer.work.errors import AlreadyComplete, BranchGone, Dropped
from calcifer.work.models import Item


def repository_of(uow: UnitOfWork, service: Service) -> Repository:
    """Open the repository of a service for this unit."""
    return uow.refs.open(Path(service.path))


def main_of(repository: Repository, service: Service) -> str:
    """Return the commit at main; Conflict where there is none yet."""
    tip = repository.branch(service.main_branch)
    if tip is None:
        raise Conflict(
            f"{service.name} has no commit on '{service.main_branch}' yet.",
            mend=f"Make a first commit there, then calcifer scan. Is '{service.main_branch}' the right branch?",
        )
    return tip


def head_of(repository: Repository, item: Item) -> str:
    """Return the commit at the item's branch; BranchGone where somebody deleted it."""
    assert item.branch
    tip = repository.branch(item.branch)
    if tip is None:
        raise branch_gone(repository, item)
    return tip


def branch_gone(repository: Repository, item: Item) -> BranchGone:
    """Make the error that says how to bring the branch of an item back."""
    return BranchGone(
        f"The branch '{item.branch}' of #{item.number} is gone from {repository.path.name}.",
        mend=f"git -C {repository.path} branch {item.branch} {item.head or '<commit>'}",
    )


def get_open(uow: UnitOfWork, number: int) -> Item:
    """Return an item that may be changed; AlreadyComplete or Dropped otherwise."""
    item = queries.get_item(uow.db, number)
    if item.state == "completed":
        raise AlreadyComplete(number)
    if item.state == "dropped":
        raise Dropped(number)
    return item


def record_of(item: Item, **more: object) -> records.Record:
    """Return what the item says as a record; `more` adds what only completion knows."""
    values = {
        name: getattr(item, name)
        for name in (
            "number", "title", "reason", "category", "action", "state", "author", "author_mail", "opened_at",
            "updated_at", "branch", "is_parent", "is_express", "reverts", "assignee", "docs_reason", "notes",
            "completed_at", "completed_by", "revision",
        )
    }  # fmt: skip
    ticks = [records.Tick(line.text, line.done_by, line.done_at) for line in item.checklist]
    waived = [records.Waived(w.rule, w.head, w.reason, w.by, w.at) for w in item.waivers]
    values |= {"service": item.service.name, "parent": item.parent_number, "checklist": ticks, "waivers": waived}
    return records.Record(**(values | more))


def approvals_of(uow: UnitOfWork, item: Item) -> list[records.Approved]:
    """Return what was approved with the item, as its record keeps it."""
    names = ("host", "digest", "facts", "by", "at")
    return [
        records.Approved(**{name: getattr(one, name) for name in names})
        for one in queries.list_approvals(uow.db, item.number)
    ]


def save(uow: UnitOfWork, item: Item, why: str) -> None:
    """Count the edit and propose the item's ref at a commit with what the item says now."""
    for position, line in enumerate(item.checklist, start=1):
        line.position = position
    item.updated_at = uow.now
    repository = repository_of(uow, item.service)
    old = repository.tip(item.ref)
    if old is not None:
        item.revision += 1
        item.notice = None
    answered = queries.list_answered(uow.db, item.number) if old else []
    approved = approvals_of(uow, item) if old else []
    text = records.render(record_of(item, answers_for=answered, approvals=approved))
    tree = repository.edit(None, {"item.md": Blob(repository.write_blob(text.encode()))})
    commit = repository.write_commit(tree, [old] if old else [], f"{why}\n", uow.actor.person, uow.now)
    repository.propose(item.ref, old, commit)


def move_branch(repository: Repository, item: Item, old: str | None, new: str | None) -> None:
    """Propose the item's branch from `old` to `new`, and remember the new head."""
    assert item.branch
    repository.propose(HEADS + item.branch, old, new)
    item.head = new or item.head
