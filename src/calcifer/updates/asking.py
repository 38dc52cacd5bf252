"""What is asked of registries: which images, in which order, and what came of it. No unit of work is open meanwhile."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from calcifer.kit.bounded import TooMany
from calcifer.kit.errors import CalciferError, Unavailable
from calcifer.updates import choosing
from calcifer.updates.choosing import Known
from calcifer.updates.models import Image
from calcifer.updates.references import Reference, read
from calcifer.updates.registry import NoRegistry, Registry
from calcifer.updates.rows import Used
from calcifer.updates.rules import Rule

log = logging.getLogger("calcifer.updates")

AT_ONCE = 4
"""Registries; the images of one are asked for one after the other."""
FRESH = timedelta(minutes=10)
"""So long tags are not asked for again."""


@dataclass
class Question:
    """An image to be asked for: as it is used, and what is known of it."""

    name: str
    registry: str
    repository: str
    uses: list[tuple[str, Rule]] = field(default_factory=list)
    """References with the rules for them."""
    digests: set[str] = field(default_factory=set)
    """Tags whose digests are wanted whatever the rules say."""
    known: Known = field(default_factory=Known)
    etag: str = ""
    tagged_at: datetime | None = None

    @property
    def asked(self) -> list[str]:
        """The tags in use."""
        return sorted({found.tag for written, _ in self.uses if (found := read(written))})


@dataclass
class Told:
    """What a registry said of an image; `tags` is None where they were not asked for, or are as before."""

    name: str
    tags: list[str] | None = None
    asked: list[str] = field(default_factory=list)
    etag: str = ""
    has_tags: bool = False
    digests: dict[str, str] = field(default_factory=dict)
    error: CalciferError | None = None
    wait_seconds: int = 0


def questions(
    uses: Sequence[Used], seen: Collection[Reference], rows: dict[str, Image], now: datetime
) -> list[Question]:
    """Return what is to be asked for: images of services, and references that were seen on hosts.

    A registry that wants to be left alone is.
    """
    found: dict[str, Question] = {}
    for reference in [*(read(one.written) for one in uses), *seen]:
        if reference is not None and reference.name not in found:
            found[reference.name] = _question(reference, rows.get(reference.name))
    for one in uses:
        if one.name and one.rule.allow != "none":
            found[one.name].uses += [(one.written, one.rule), (one.written, one.rule.by_itself)]
    for reference in seen:
        found[reference.name].digests.add(reference.tag)
    shut = {name.partition("/")[0] for name, row in rows.items() if row.retry_at and row.retry_at > now}
    return [one for one in found.values() if one.registry not in shut and (one.uses or one.digests)]


def _question(reference: Reference, row: Image | None) -> Question:
    made = Question(reference.name, reference.registry, reference.repository)
    if row is not None and row.known is not None:
        made.known, made.etag, made.tagged_at = row.known, row.etag, row.tagged_at
    return made


def ask_all(
    asked: Sequence[Question], plain: Collection[str], now: datetime, tell: Callable[[str], None]
) -> Iterator[list[Told]]:
    """Ask, and yield what each registry said of its images as soon as that is known."""
    by_registry: dict[str, list[Question]] = {}
    for one in asked:
        by_registry.setdefault(one.registry, []).append(one)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="calcifer-registry") as pool:
        running = {pool.submit(_ask_registry, those, plain, now): name for name, those in by_registry.items()}
        for count, done in enumerate(as_completed(running), start=1):
            tell(f"{running[done]} has answered ({count} of {len(running)} registries)")
            yield done.result()


def _ask_registry(those: Sequence[Question], plain: Collection[str], now: datetime) -> list[Told]:
    told: list[Told] = []
    shut: Unavailable | None = None
    for one in those:
        if shut is not None:  # one that does not answer is not asked a hundred times
            told.append(Told(one.name, error=shut))
            continue
        told.append(ask(one, plain, now))
        error = told[-1].error
        if isinstance(error, Unavailable):
            shut = error
    return told


def ask(one: Question, plain: Collection[str], now: datetime) -> Told:
    """Ask for one image: its tags where the known ones are not fresh, then the digests that are needed to choose."""
    told = Told(one.name, asked=one.asked)
    try:
        registry = Registry(one.registry, one.repository, plain)
        known = one.known
        covered = all(known.covers(tag) for tag in told.asked)
        if one.uses and not (covered and one.tagged_at and now - one.tagged_at < FRESH):
            found = registry.tags(one.etag if covered else "")
            told.has_tags, told.etag = True, found.etag
            if found.names is not None:
                told.tags = choosing.kept(told.asked, found.names)
                known = Known(told.tags, {}, told.asked)
        wanted = {tag for written, rule in one.uses for tag in choosing.wanted_tags(written, rule, known)}
        for tag in sorted(wanted | one.digests):
            told.digests[tag] = registry.digest(tag)
    except TooMany as error:
        told.error, told.wait_seconds = error, error.wait_seconds
    except CalciferError as error:
        told.error = error
    except Exception:  # what one file names keeps no other image from being asked for
        log.exception("Asking for %s failed", one.name)
        told.error = NoRegistry(f"{one.name} was not asked for: Calcifer made a mistake, which is in its log.")
    return told
