"""Puts items that were found in git into a database that has none: the last part of a rebuild, and nothing else calls it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, update

from calcifer.accounts import permissions
from calcifer.activity.service import Told
from calcifer.kit.errors import NotFound
from calcifer.kit.uow import UnitOfWork
from calcifer.services.models import Service
from calcifer.work import queries
from calcifer.work.models import ChecklistEntry, Item, ReachApproval, Waiver
from calcifer.work.recorded import Found
from calcifer.work.service.storing import repository_of
from calcifer.work.service.strays import EVERY, find_strays, stray_of

SAME = (
    "number", "title", "reason", "category", "action", "state", "branch", "is_parent", "reverts", "is_express", "notes",
    "docs_reason", "author", "author_mail", "assignee", "opened_at", "updated_at", "completed_at", "completed_by",
)  # fmt: skip


@dataclass(frozen=True)
class Claimed:
    """An item that is to be restored, and the service that it belongs to."""

    service: str
    found: Found


def chosen(claims: Iterable[Claimed]) -> tuple[list[Claimed], list[tuple[Claimed, Claimed]]]:
    """Let each number belong to one item; return those that stay, and each that does not with the one that has its number.

    What a repository brought along gives way to what was done here; then what is completed goes first, for its record cannot be
    written again; then what was opened first.
    """
    winners: dict[int, Claimed] = {}
    losers = []

    def rank(one: Claimed) -> tuple[Any, ...]:
        record = one.found.record
        return one.found.came_along, record.state != "completed", record.opened_at, one.service

    for claim in sorted(claims, key=rank):
        winner = winners.setdefault(claim.found.record.number, claim)
        if winner is not claim:
            losers.append((claim, winner))
    return [winners[number] for number in sorted(winners)], losers


def restore(uow: UnitOfWork, claims: Sequence[Claimed], services: Mapping[str, int]) -> list[tuple[int, int]]:
    """Insert the items with all that they say; return (number, parent) of those whose parent is none."""
    permissions.require(uow.actor, "work.rebuild")
    execute = uow.db.connection().execute
    rows, lines, waivers, approvals = [], [], [], []
    for claim in claims:
        record, found = claim.found.record, claim.found
        row = {name: getattr(record, name) for name in SAME} | {"service_id": services[claim.service]}
        rows.append(row | {"merge": found.merge, "head": found.head, "revision": record.revision or 1})
        lines += [
            {"item_number": record.number, "position": at, **vars(tick)} for at, tick in enumerate(record.checklist, 1)
        ]
        waivers += [{"item_number": record.number, **vars(waiver)} for waiver in record.waivers]
        own = {"item_number": record.number, "service_id": services[claim.service]}
        # What came along was approved for another workspace, whose hosts only have the same names.
        approvals += [own | vars(one) for one in record.approvals if not claim.found.came_along]
    for table, values in ((Item, rows), (ChecklistEntry, lines), (Waiver, waivers), (ReachApproval, approvals)):
        if values:
            execute(insert(table), values)
    parents = {claim.found.record.number for claim in claims if claim.found.record.is_parent}
    children = [(claim.found.record.number, claim.found.record.parent) for claim in claims if claim.found.record.parent]
    for number, parent in children:
        if parent in parents:
            execute(update(Item).where(Item.number == number).values(parent_number=parent))
    return [(number, parent) for number, parent in children if parent not in parents]


def told(claim: Claimed) -> list[Told]:
    """Return what the activity can be given back of an item: that it was opened, and that it was completed."""
    record = claim.found.record
    subject, where = f"#{record.number} {record.title}", (claim.service, record.number)
    opened = Told(record.opened_at, record.author, "work.open", subject, *where)
    if record.completed_at is None:
        return [opened]
    detail = {"commit": claim.found.merge}
    return [
        opened,
        Told(record.completed_at, record.completed_by or record.author, "work.complete", subject, *where, detail),
    ]


def restore_strays(uow: UnitOfWork, service: Service, claims: Iterable[Claimed]) -> tuple[int, list[str]]:
    """List the commits on main that no completion brought in, and who answers for them.

    Return how many wait for an item, and those that one answers for and that are not in the repository any more.
    """
    permissions.require(uow.actor, "work.rebuild")
    waiting = find_strays(uow, service, limit=EVERY)
    answered = [(oid, claim.found.record.number) for claim in claims for oid in claim.found.record.answers_for]
    beside = queries.list_waiting_beside(uow.db, service, [oid for oid, _ in answered])
    for stray in beside:
        uow.db.delete(stray)
    if not answered:
        return waiting, []
    uow.db.flush()  # they are looked for by their commits
    listed, gone = queries.strays_by_commit(uow.db, service.id), []
    repository = repository_of(uow, service)
    for oid, number in answered:
        try:
            stray = listed.get(oid) or stray_of(service, repository.commit(oid))
        except NotFound:
            gone.append(oid)
            continue
        if stray.item_number is None:
            stray.item_number = number
        uow.db.add(stray)
        listed[oid] = stray
    return sum(stray.item_number is None for stray in listed.values()) - len(beside), gone
