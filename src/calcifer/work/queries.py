"""Every SELECT on work."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, exists, func, inspect, or_, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from calcifer.kit.errors import Invalid, NotFound
from calcifer.services.models import Service
from calcifer.work.models import (
    CATEGORIES,
    STATES,
    ChecklistEntry,
    Item,
    ReachApproval,
    Stray,
    TrustedCommand,
    Verification,
    Waiver,
)
from calcifer.work.rows import Kept, Line, Listed

MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Filters:
    """What a list of items is narrowed to; an empty one is left out."""

    state: str = ""
    service: str = ""
    category: str = ""
    person: str = ""
    """Author or assignee."""
    text: str = ""
    """Words of the title, or a number."""
    opened_before: datetime | None = None
    parent: int | None = None


def filters(state: str, service: str, category: str, person: str, text: str) -> Filters:
    """Make what every edge narrows by: `any` state is all of them; Invalid names the choices."""
    for name, value, known in (("state", state, (*STATES, "any")), ("category", category, CATEGORIES)):
        if value and value not in known:
            raise Invalid.field(name, f"There is no such {name}: choose one of {', '.join(known)}.")
    return Filters("" if state == "any" else state, service, category, person, text)


# Made once: putting a statement together takes longer than running it.
_WITH_SERVICE = (
    select(Item, exists().where(Waiver.item_number == Item.number))
    .where(Item.number == bindparam("number"))
    .options(joinedload(Item.service))
)
_PARTS: dict[str, Select[Any]] = {
    "checklist": select(ChecklistEntry)
    .where(ChecklistEntry.item_number == bindparam("number"))
    .order_by(ChecklistEntry.position),
    "waivers": select(Waiver).where(Waiver.item_number == bindparam("number")).order_by(Waiver.id),
}
_HIGHEST = select(
    select(func.max(Item.number)).scalar_subquery(), select(func.max(Service.highest_number)).scalar_subquery()
)
_CHILDREN = (
    select(Item)
    .options(joinedload(Item.service))
    .where(Item.parent_number == bindparam("number"))
    .order_by(Item.number)
)
_ANSWERED = select(Stray.oid).where(Stray.item_number == bindparam("number")).order_by(Stray.id)


def get_item(session: Session, number: int) -> Item:
    """Return the item with its service, checklist and waivers; NotFound where there is none."""
    item = find_item(session, number)
    if item is None:
        raise NotFound(f"There is no item #{number}.")
    return item


def find_item(session: Session, number: int) -> Item | None:
    """Return the item with its service, checklist and waivers, or None."""
    if not 0 < number <= MAX_NUMBER:
        return None
    found = session.execute(_WITH_SERVICE, {"number": number}).one_or_none()
    if found is None:
        return None
    item, has_waivers = found
    for name in inspect(item).unloaded & _PARTS.keys():
        # Not by selectinload: that costs four times as much for one item.
        parts = list(session.scalars(_PARTS[name], {"number": number})) if has_waivers or name != "waivers" else []
        set_committed_value(item, name, parts)
    return item


_NARROWING = {
    "before": Item.number < bindparam("before"),
    "state": Item.state == bindparam("state"),
    "category": Item.category == bindparam("category"),
    "service": Item.service_id.in_(select(Service.id).where(Service.name == bindparam("service"))),
    "person": or_(Item.author == bindparam("person"), Item.assignee == bindparam("person")),
    "opened_before": Item.opened_at < bindparam("opened_before"),
    "parent": Item.parent_number == bindparam("parent"),
}


@cache
def _listing(fields: tuple[str, ...], *names: str) -> Select[Any]:
    columns = (Service.name if name == "service_name" else getattr(Item, name) for name in fields)
    query = select(*columns).join(Item.service).order_by(Item.number.desc()).limit(bindparam("limit"))
    return query.where(*(_NARROWING[name] for name in names))


def list_lines(session: Session, filters: Filters, *, before: int | None = None, limit: int = 50) -> list[Line]:
    """Return the same items with no more than a page shows of them."""
    return [Line._make(row) for row in _rows(session, Line, filters, before, limit)]


def list_items(session: Session, filters: Filters, *, before: int | None = None, limit: int = 50) -> list[Listed]:
    """Return up to `limit` items, newest first, with numbers below `before`."""
    return [Listed._make(row) for row in _rows(session, Listed, filters, before, limit)]


def _rows(
    session: Session, kind: type[Line | Listed], filters: Filters, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    values = {name: getattr(filters, name) for name in _NARROWING if name != "before"} | {"before": before}
    values = {name: value for name, value in values.items() if value not in {"", None}}
    query = _listing(kind._fields, *values)
    for word in filters.text.split()[:8]:
        number = word.removeprefix("#")
        like = Item.title.icontains(word, autoescape=True)
        is_number = number.isdecimal() and number.isascii() and len(number) < 10
        query = query.where(or_(like, Item.number == int(number)) if is_number else like)
    return (
        session.connection().execute(query, values | {"limit": limit}).all()
    )  # at once: one by one takes twice as long


def list_children(session: Session, number: int) -> list[Item]:
    """Return the items that belong to a parent, oldest first."""
    return list(session.scalars(_CHILDREN, {"number": number}))


def count_open(session: Session, *, service_id: int | None = None, most: int = 1000) -> int:
    """Count open items, but no further than `most`: a page must not cost more the more there is."""
    query = select(Item.number).where(Item.state == "open")
    if service_id is not None:
        query = query.where(Item.service_id == service_id)
    return session.scalar(select(func.count()).select_from(query.limit(most).subquery())) or 0


def next_number(session: Session) -> int:
    """Return the number of the next item: one more than any item, ref or record has."""
    return max(number or 0 for number in session.execute(_HIGHEST).one()) + 1


def has_forgotten(session: Session) -> bool:
    """Say whether repositories have items and the database knows none at all: it was lost, and nobody has rebuilt it."""
    known, there = session.execute(_HIGHEST).one()
    return known is None and bool(there)


def _beside(service_id: int) -> Select[Any]:
    """Return the ids of the services in the repository of one, which is among them: branches and merges are the repository's."""
    path = select(Service.path).where(Service.id == service_id).scalar_subquery()
    return select(Service.id).where(Service.path == path)


def known_merges(session: Session, service_id: int, oids: Iterable[str] | None = None) -> set[str]:
    """Return those of `oids` (None: of all commits) that completed an item of the repository, or are listed as strays already.

    One that an item of another of its services answers for counts; one that waits there does not.
    """
    merges = select(Item.merge).where(Item.service_id.in_(_beside(service_id)))
    answered = Stray.service_id.in_(_beside(service_id)) & Stray.item_number.is_not(None)
    strays = select(Stray.oid).where(or_(Stray.service_id == service_id, answered))
    if oids is not None:
        wanted = list(oids)
        merges, strays = merges.where(Item.merge.in_(wanted)), strays.where(Stray.oid.in_(wanted))
    return {oid for oid in (*session.scalars(merges), *session.scalars(strays)) if oid}


def strays_by_commit(session: Session, service_id: int) -> dict[str, Stray]:
    """Return every stray of a service by its commit."""
    return {stray.oid: stray for stray in session.scalars(select(Stray).where(Stray.service_id == service_id))}


def list_strays(session: Session, *, service_id: int | None = None, limit: int = 200) -> list[Stray]:
    """Return commits on main that wait for an item, newest first."""
    query = select(Stray).options(joinedload(Stray.service)).where(Stray.item_number.is_(None))
    if service_id is not None:
        query = query.where(Stray.service_id == service_id)
    return list(session.scalars(query.order_by(Stray.id.desc()).limit(limit)))


def list_waiting_beside(session: Session, service: Service, oids: Iterable[str]) -> list[Stray]:
    """Return the rows by which other services of a repository list these commits as waiting for an item."""
    wanted = select(Stray).where(Stray.oid.in_(list(oids)), Stray.service_id.in_(_beside(service.id)))
    return list(session.scalars(wanted.where(Stray.service_id != service.id, Stray.item_number.is_(None))))


def find_dropped_answer(session: Session, service_id: int, oids: Iterable[str]) -> int | None:
    """Return the dropped item that answers for one of these commits of a service, or None; the newest where there are more."""
    query = select(func.max(Item.number)).join(Stray, Stray.item_number == Item.number)
    return session.scalar(
        query.where(Item.state == "dropped", Stray.service_id == service_id, Stray.oid.in_(list(oids)))
    )


def list_answered(session: Session, number: int) -> list[str]:
    """Return the commits that an item answers for, in the order in which they were found."""
    session.flush()  # past the session: these are no objects
    return list(session.connection().scalars(_ANSWERED, {"number": number}))


def find_trusted(session: Session, service_id: int, command: str) -> TrustedCommand | None:
    """Return who trusted exactly this command of a service, or None."""
    query = select(TrustedCommand).where(TrustedCommand.service_id == service_id, TrustedCommand.command == command)
    return session.scalar(query)


def list_approvals(session: Session, number: int) -> list[ReachApproval]:
    """Return what was approved with an item, in order."""
    query = select(ReachApproval).where(ReachApproval.item_number == number).order_by(ReachApproval.id)
    return list(session.scalars(query))


def find_approver(session: Session, service_id: int, host: str, digest: str) -> str | None:
    """Return who was the first to approve exactly this reach of a service over a host, or None."""
    query = select(ReachApproval.by).where(
        ReachApproval.service_id == service_id, ReachApproval.host == host, ReachApproval.digest == digest
    )
    return session.scalars(query.order_by(ReachApproval.id).limit(1)).first()


def get_verification(session: Session, verification_id: int) -> Verification:
    """Return a run; NotFound where there is none."""
    found = session.get(Verification, verification_id)
    if found is None:
        raise NotFound(f"There is no verification {verification_id}.")
    return found


def find_verification(session: Session, service_id: int, tree: str, command: str) -> Verification | None:
    """Return the newest run of a command on a tree, or None."""
    query = (
        select(Verification)
        .where(Verification.service_id == service_id, Verification.tree == tree, Verification.command == command)
        .order_by(Verification.id.desc())
        .limit(1)
    )
    return session.scalar(query)


def open_branches(session: Session, service_id: int) -> set[str]:
    """Return the branches that open items own in the repository of a service."""
    query = select(Item.branch).where(
        Item.service_id.in_(_beside(service_id)), Item.state == "open", Item.branch.is_not(None)
    )
    return {branch for branch in session.scalars(query) if branch}


def list_heads(session: Session, service_id: int) -> list[tuple[int, str]]:
    """Return number and branch of each open item in the repository of a service, newest first."""
    query = select(Item.number, Item.branch).where(Item.service_id.in_(_beside(service_id)), Item.state == "open")
    rows = session.execute(query.order_by(Item.number.desc()))
    return [(number, branch) for number, branch in rows if branch]


def list_kept(session: Session, service_id: int, *, state: str = "") -> list[Kept]:
    """Return what git has to keep of the items in the repository of a service, by number."""
    columns = (getattr(Item, name) for name in Kept._fields)
    query = select(*columns).where(Item.service_id.in_(_beside(service_id)))
    if state:
        query = query.where(Item.state == state)
    return [Kept._make(row) for row in session.execute(query.order_by(Item.number))]
