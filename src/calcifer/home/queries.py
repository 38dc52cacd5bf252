"""Every SELECT of the panel and the search. Each costs the same however much there is: limits, and no counts of everything."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from calcifer.activity.models import Entry
from calcifer.home.rows import Done, FailedJob, FoundItem, FoundService, FoundStray, Problems, Steps
from calcifer.kit.journal import list_held
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


_later = aliased(JobRow)

# Made once: the first page is asked for all the time, and making these takes longer than answering them.
_ITEMS = select(*_ITEM).join(Service, Service.id == Item.service_id).order_by(Item.number.desc())
_OPEN = _ITEMS.where(Item.state == "open").limit(SHOWN)
_MINE = _OPEN.where(or_(Item.author == bindparam("person"), Item.assignee == bindparam("person")))
_COUNTED = select(func.count()).select_from(
    select(Item.number).where(Item.state == "open").limit(MOST_COUNTED).subquery()
)
_BROKEN = (
    select(*_SERVICE)
    .where(or_(Service.missing_since.is_not(None), Service.descriptor_error.is_not(None)))
    .order_by(Service.name)
    .limit(FEW)
)
_STRAYS = (
    select(Service.name, Stray.oid, Stray.subject, Stray.author, Stray.at)
    .join(Service, Service.id == Stray.service_id)
    .where(Stray.item_number.is_(None))
    .order_by(Stray.id.desc())
    .limit(FEW)
)
_FAILED = (
    select(JobRow.name, JobRow.subject, JobRow.error, JobRow.mend, JobRow.finished_at)
    .where(
        JobRow.state == "failed",
        JobRow.finished_at > bindparam("since"),
        ~exists().where(_later.name == JobRow.name, _later.subject == JobRow.subject, _later.id > JobRow.id),
    )
    .order_by(JobRow.id.desc())
    .limit(FEW)
)
_DONE = (
    select(Entry.at, Entry.actor, Entry.verb, Entry.subject, Entry.service, Entry.item_number)
    .order_by(Entry.id.desc())
    .limit(SHOWN)
)
_STEPS = select(
    # Calcifer's own repository may lie in the workspace from the beginning: that is not yet a service of anybody's.
    select(Service.id).where(Service.name != "calcifer-app").exists(),
    select(Item.number).exists(),
    select(Item.number).where(Item.state == "completed").exists(),
)


def list_mine(session: Session, person: str) -> list[FoundItem]:
    """Return the newest open items that a person opened or is to do."""
    return [FoundItem._make(row) for row in session.connection().execute(_MINE, {"person": person}).all()]


def list_open(session: Session) -> list[FoundItem]:
    """Return the newest open items."""
    return [FoundItem._make(row) for row in session.connection().execute(_OPEN).all()]


def count_open(session: Session) -> int:
    """Count open items, no further than MOST_COUNTED."""
    return int(session.connection().execute(_COUNTED).scalar_one())


def get_problems(session: Session, now: datetime) -> Problems:
    """Return what waits for somebody, a few of each: services, commits without an item, and jobs that failed lately and were not
    promised again since.
    """
    connection = session.connection()
    return Problems(
        [FoundService._make(row) for row in connection.execute(_BROKEN).all()],
        [FoundStray._make(row) for row in connection.execute(_STRAYS).all()],
        [FailedJob._make(row) for row in connection.execute(_FAILED, {"since": now - RECENT}).all()],
        list_held(connection, limit=FEW),
    )


def list_done(session: Session) -> list[Done]:
    """Return what was done last."""
    return [Done._make(row) for row in session.connection().execute(_DONE).all()]


def get_steps(session: Session) -> Steps:
    """Return how far a young workspace is."""
    return Steps(*session.connection().execute(_STEPS).one())


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
    query = _ITEMS.limit(limit)
    for word in text.split()[:8]:
        number = word.removeprefix("#")
        like = Item.title.icontains(word, autoescape=True)
        is_number = number.isdecimal() and number.isascii() and len(number) < 10
        query = query.where(or_(like, Item.number == int(number)) if is_number else like)
    return [FoundItem._make(row) for row in session.execute(query)]
