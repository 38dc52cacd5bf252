"""Every change: asking registries, taking updates, and when they are asked for by themselves."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from calcifer.accounts.permissions import require
from calcifer.activity import service as activity
from calcifer.kit.errors import Conflict, NotFound
from calcifer.kit.promises import JobRow, find_latest, get_job, promise
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as catalog
from calcifer.updates import listing, queries
from calcifer.updates.asking import Told
from calcifer.updates.making import NoUpdate, make
from calcifer.updates.models import Image
from calcifer.updates.references import read
from calcifer.updates.rows import Update
from calcifer.updates.schemas import TakeWish, UpdateOut
from calcifer.work import service as work
from calcifer.work.models import Item
from calcifer.work.schemas import NewItem

CHECK = "updates.check"
DAILY = "updates.daily"
ALL = "*"
MOST_DIGESTS = 50
FIRST = timedelta(minutes=5)
"""After the start of a server that has never asked."""


class TakenAlready(Conflict):
    """Open items do the same."""


def check(uow: UnitOfWork, service: str | None = None) -> JobRow:
    """Promise to ask registries what they have of the images of a service, or of all services."""
    require(uow.actor, "updates.check")
    subject = catalog.get_service(uow.db, service).name if service is not None else ALL
    activity.record(uow, "updates.check", "all services" if service is None else subject)
    return promise(uow, CHECK, subject)


def take(uow: UnitOfWork, wish: TakeWish) -> Item:
    """Open an item for an update, or a parent with a child for each of several: each is completed and reverted alone."""
    require(uow.actor, "updates.take")
    wanted = _left(uow, _wanted(uow, wish.updates))
    parent = _parent(uow, wanted, wish.reason) if len(wanted) > 1 else None
    made = [make(uow, one, wish.reason, parent.number if parent else None) for one in wanted]
    item = parent or made[0]
    subject = f"#{item.number} {item.title}"
    activity.record(uow, "updates.take", subject, service=item.service.name, item_number=item.number)
    return item


def _left(uow: UnitOfWork, wanted: Sequence[Update]) -> list[Update]:
    """Return the updates that no open item takes; TakenAlready where there are none."""
    there = _open(uow)
    left = [one for one in wanted if one.used.key not in there]
    if not left:
        used = wanted[0].used
        number = there[used.key]
        raise TakenAlready(
            f"#{number} updates {used.written} in {used.service} already, and is open.",
            mend=f"calcifer work complete {number}, or calcifer work drop {number}",
        )
    return left


def _open(uow: UnitOfWork) -> dict[tuple[str, str], int]:
    return {(one.service, one.written): one.number for one in queries.list_taken(uow.db, "open")}


def _parent(uow: UnitOfWork, wanted: Sequence[Update], why: str) -> Item:
    said = "\n".join(
        f"- {one.used.service}: {one.used.written} → {one.offer.to.written}" for one in wanted if one.offer.to
    )
    title = f"Update {len(wanted)} images"
    reason = f"{why.strip() or title + '.'}\n\n{said}"
    return work.open(uow, NewItem(title=title, reason=reason, service=wanted[0].used.service, is_parent=True))


def _wanted(uow: UnitOfWork, selectors: Iterable[str]) -> list[Update]:
    """Return the updates that are meant, each once; NotFound or NoUpdate name the first that is none."""
    found: dict[tuple[str, str], Update] = {}
    known: dict[str, list[Update]] = {}
    for selector in selectors:
        name, _, image = selector.partition("/")
        if name not in known:
            catalog.get_service(uow.db, name)
            known[name] = listing.updates(uow, name)
        meant = known[name] if not image else [one for one in known[name] if _is_meant(one, image)]
        if image and not meant:
            raise NotFound(f"{name} has no image {image[:200]}.", mend=f"calcifer updates list --service {name} --all")
        there = [one for one in meant if one.offer.to is not None]
        if not there:
            why = meant[0].offer.sentence if image else "Is what its registries have known? Ask them."
            raise NoUpdate(f"There is no update for {selector[:200]}. {why}", mend=f"calcifer updates check {name}")
        found |= {one.used.key: one for one in there}
    return list(found.values())


def _is_meant(one: Update, image: str) -> bool:
    reference = read(one.used.written)
    return image == one.used.written or (reference is not None and image in {reference.familiar, reference.name})


def outs(uow: UnitOfWork, service: str | None = None, *, everything: bool = False) -> list[UpdateOut]:
    """Return the images of services as the edges show them, by service; what is as it should be is left out unless asked for."""
    if service is not None:
        catalog.get_service(uow.db, service)
    there = _open(uow)
    found = [UpdateOut.of(one, there.get(one.used.key)) for one in listing.updates(uow, service)]
    quiet = set() if everything else {"current", "held", "fixed"}
    return sorted((one for one in found if one.state not in quiet), key=lambda one: one.key)


def get_check_job(uow: UnitOfWork, job_id: int) -> JobRow:
    """Return the job that asks; NotFound where there is none."""
    row = get_job(uow.db, job_id)
    if row.name not in {CHECK, DAILY}:
        raise NotFound(f"There is no job {job_id} of updates.")
    return row


def schedule(uow: UnitOfWork, hours: int, *, anew: bool = True) -> None:
    """Promise to ask in so many hours from now; never where they are 0. At a start (`anew` is false) what is promised stays."""
    there = find_latest(uow.db, DAILY, ALL)
    waiting = there if there is not None and there.state == "pending" else None
    if hours == 0:
        if waiting is not None:
            uow.db.delete(waiting)
        return
    latest = uow.now + timedelta(hours=hours)
    due_at = latest if anew else min(waiting.due_at if waiting else uow.now + FIRST, latest)
    promise(uow, DAILY, ALL).due_at = due_at


# -- what jobs have to record -------------------------------------------------------------------------------------------


def told(uow: UnitOfWork, answers: Iterable[Told]) -> None:
    """Keep what a registry said; where it did not answer, what was known before stays."""
    there = list(answers)
    rows = queries.list_images(uow.db, [one.name for one in there])
    for one in there:
        row = rows.get(one.name)
        if row is None:
            row = Image(name=one.name, tags=[], asked=[], etag="", digests={})
            uow.db.add(row)
        _keep(row, one, uow)


def _keep(row: Image, one: Told, uow: UnitOfWork) -> None:
    if one.has_tags:
        row.etag, row.tagged_at = one.etag, uow.now
        if one.tags is not None:
            row.tags, row.asked = one.tags, one.asked
    if one.digests:
        older = [entry for entry in row.digests.items() if entry[0] not in one.digests]
        newer = [(tag, [digest, uow.now.isoformat()]) for tag, digest in one.digests.items()]
        row.digests = dict([*older, *newer][-MOST_DIGESTS:])
    row.retry_at = uow.now + timedelta(seconds=one.wait_seconds) if one.wait_seconds else None
    if one.error is None:
        row.checked_at, row.error, row.mend, row.failed_at = uow.now, None, None, None
    else:
        row.error, row.mend, row.failed_at = one.error.message, one.error.mend, row.failed_at or uow.now
