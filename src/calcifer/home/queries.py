"""Every SELECT of the panel and the search. Each costs the same however much there is: limits, and no counts of everything."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from calcifer.activity.models import Entry
from calcifer.home.rows import Done, FailedJob, FoundItem, FoundService, FoundStray, Problems, Steps
from calcifer.kit.promises import JobRow
from calcifer.services.models import Service
from calcifer.work.models import Item, Stray

FEW = 6
SHOWN = 10
MOST_COUNTED = 100
RECENT = timedelta(days=14)
Columns = Sequence[InstrumentedAttribute[Any]]

_ITEM: Columns = (Item.number, Item.title, Item.state, Service.name, Item.author, Item.assignee, Item.opened_at)
_SERVICE: Columns = (Service.name, Service.title, Service.descriptor_error, Service.missing_since)


def _items() -> Select[Any]:
    return select(*_ITEM).join(Service, Service.id == Item.service_id).order_by(Item.number.desc())


def list_mine(session: Session, person: str, limit: int = SHOWN) -> list[FoundItem]:
    """Return the newest open items that a person opened or is to do."""
    query = _items().where(Item.state == "open", or_(Item.author == person, Item.assignee == person)).limit(limit)
    return [FoundItem._make(row) for row in session.execute(query)]


def list_open(session: Session, limit: int = SHOWN) -> list[FoundItem]:
    """Return the newest open items."""
    return [FoundItem._make(row) for row in session.execute(_items().where(Item.state == "open").limit(limit))]


def count_open(session: Session, most: int = MOST_COUNTED) -> int:
    """Count open items, no further than `most`."""
    query = select(Item.number).where(Item.state == "open").limit(most)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def get_problems(session: Session, now: datetime) -> Problems:
    """Return what waits for somebody: services, commits without an item, failed jobs; a few of each."""
    broken = or_(Service.missing_since.is_not(None), Service.descriptor_error.is_not(None))
    services = session.execute(select(*_SERVICE).where(broken).order_by(Service.name).limit(FEW))
    stray: Columns = (Service.name, Stray.oid, Stray.subject, Stray.author, Stray.at)
    strays = session.execute(
        select(*stray)
        .join(Service, Service.id == Stray.service_id)
        .where(Stray.item_number.is_(None))
        .order_by(Stray.id.desc())
        .limit(FEW)
    )
    return Problems(
        [FoundService._make(row) for row in services],
        [FoundStray._make(row) for row in strays],
        list_failed_jobs(session, now),
    )


def list_failed_jobs(session: Session, now: datetime) -> list[FailedJob]:
    """Return the jobs that failed lately and were not promised again since, newest first."""
    later = aliased(JobRow)
    repeated = (
        select(later.id)
        .where(later.name == JobRow.name, later.subject == JobRow.subject, later.id > JobRow.id)
        .exists()
    )
    columns: Columns = (JobRow.name, JobRow.subject, JobRow.error, JobRow.mend, JobRow.finished_at)
    query = select(*columns).where(JobRow.state == "failed", JobRow.finished_at > now - RECENT, ~repeated)
    return [FailedJob._make(row) for row in session.execute(query.order_by(JobRow.id.desc()).limit(FEW))]


def list_done(session: Session, limit: int = SHOWN) -> list[Done]:
    """Return what was done last."""
    columns: Columns = (Entry.at, Entry.actor, Entry.verb, Entry.subject, Entry.service, Entry.item_number)
    return [Done._make(row) for row in session.execute(select(*columns).order_by(Entry.id.desc()).limit(limit))]


def get_steps(session: Session) -> Steps:
    """Return how far a young workspace is."""
    service = select(Service.id).exists()
    item = select(Item.number).exists()
    completed = select(Item.number).where(Item.state == "completed").exists()
    return Steps(*session.execute(select(service, item, completed)).one())


def search_services(session: Session, text: str, limit: int = 20) -> list[FoundService]:
    """Return services whose name or title has every word, by name."""
    query = select(*_SERVICE).order_by(Service.name).limit(limit)
    for word in text.split()[:8]:
        query = query.where(
            or_(Service.name.icontains(word, autoescape=True), Service.title.icontains(word, autoescape=True))
        )
    return [FoundService._make(row) for row in session.execute(query)]


def search_items(session: Session, text: str, limit: int = 20) -> list[FoundItem]:
    """Return items whose title has every word, or that have the number, newest first."""
    query = _items().limit(limit)
    for word in text.split()[:8]:
        number = word.removeprefix("#")
        like = Item.title.icontains(word, autoescape=True)
        is_number = number.isdecimal() and number.isascii() and len(number) < 10
        query = query.where(or_(like, Item.number == int(number)) if is_number else like)
    return [FoundItem._make(row) for row in session.execute(query)]
