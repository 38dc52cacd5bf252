"""Updates that complete by themselves: where the descriptor says how far that goes, and every rule lets them through.

Who acts is Calcifer, with the role of whoever set that in the descriptor: what that person may not do is not done for them either.
"""

from dataclasses import dataclass
from pathlib import Path

from calcifer.accounts import queries as accounts
from calcifer.kit.git.repository import Repository
from calcifer.kit.uow import Actor, UnitOfWork
from calcifer.services import descriptors
from calcifer.services import queries as catalog
from calcifer.updates import listing, making, queries
from calcifer.updates.rows import Update
from calcifer.updates.taken import Taken
from calcifer.work import service as work

CALCIFER = Actor("Calcifer", "calcifer@localhost", "member")
MOST_COMMITS = 500


@dataclass(frozen=True)
class Mandate:
    """An update that the descriptor of its service lets complete by itself, and who acts, on whose word."""

    service: str
    image: str
    actor: Actor
    by: str


def mandates(uow: UnitOfWork, service: str | None = None) -> list[Mandate]:
    """Return the updates that are to be made now; not one that a person's open item makes, or that somebody gave up."""
    found = []
    setters: dict[str, tuple[Actor, str]] = {}
    for update in listing.by_themselves(uow, service):
        used = update.used
        if _is_settled(uow, update):
            continue
        if used.service not in setters:
            setters[used.service] = _setter(uow, used.service)
        found.append(Mandate(used.service, used.written, *setters[used.service]))
    return found


def _is_settled(uow: UnitOfWork, update: Update) -> bool:
    open_item = making.find_open(uow, update.used)
    if open_item is not None:  # its own, that its rules, or a killed server, held, is gone on with
        return not _is_begun(open_item, update)
    dropped = queries.list_taken(uow.db, "dropped", update.used.service)
    return any(_takes(one, update) for one in dropped)


def _is_begun(one: Taken, update: Update) -> bool:
    return one.author_mail == CALCIFER.mail and _takes(one, update)


def _takes(one: Taken, update: Update) -> bool:
    assert update.offer.to
    return (one.written, one.to) == (update.used.written, update.offer.to.written)


def make(uow: UnitOfWork, mandate: Mandate) -> tuple[int, bool, bool] | None:
    """Open the item of an update, or find the one that was begun; complete it at once where every rule lets it through.

    Return its number, whether it is new, and whether it is completed; None where there is nothing to do any more.
    """
    for update in listing.by_themselves(uow, mandate.service):
        if update.used.written != mandate.image or _is_settled(uow, update):
            continue
        begun = making.find_open(uow, update.used)
        if begun is not None:
            return begun.number, False, False
        level = update.used.rule.automatic
        why = f"The descriptor lets {level} updates complete by themselves; {mandate.by} set that."
        number = making.make(uow, update, why).number
        return number, True, complete(uow, number)
    return None


def complete(uow: UnitOfWork, number: int) -> bool:
    """Complete an open item where every rule lets it through; else it stays for a person, and False is returned."""
    item = making.open_item(uow, number)
    if item is None or not all(verdict.lets_through for verdict in work.judge(uow, item)):
        return False
    work.complete(uow, number)
    return True


def _setter(uow: UnitOfWork, name: str) -> tuple[Actor, str]:
    """Return who acts, and the name of who set what the descriptor says of updates: who completed the item that brought it to main.

    A commit that no item brought may name anybody as its author: it gives no role.
    """
    service = catalog.get_service(uow.db, name)
    repository = uow.refs.open(Path(service.path))
    head = repository.branch(service.main_branch)
    commit = _brought(repository, head, service.within(descriptors.PATH), service.updates or []) if head else None
    if commit is None:
        return CALCIFER, "somebody"
    author = repository.commit(commit).author
    if queries.find_completed(uow.db, commit) is None:
        return CALCIFER, author.name
    person = accounts.find_person(uow.db, author.mail)
    return Actor(CALCIFER.name, CALCIFER.mail, person.role if person else CALCIFER.role), author.name


def _brought(repository: Repository, head: str, path: str, updates: list[dict[str, object]]) -> str | None:
    """Return the commit of main since which the descriptor says this of updates; None where it lies further back than is looked.

    A commit in which it cannot be read says nothing: neither that, nor something else.
    """
    found, seen = None, dict[str, bool | None]()
    for count, commit in enumerate(repository.log(head, first_parent=True, limit=MOST_COMMITS + 1)):
        entry = repository.entry(commit.oid, path)
        oid = entry.oid if entry else ""
        if oid not in seen:
            seen[oid] = _says(repository.blob(oid), updates) if oid else False
        if seen[oid] is False:
            break
        if count == MOST_COMMITS:
            return None
        found = commit.oid if seen[oid] else found
    return found


def _says(content: bytes, updates: list[dict[str, object]]) -> bool | None:
    descriptor = descriptors.parsed(content).descriptor
    if descriptor is None:
        return None
    return [one.model_dump(include={"image", "match", "allow", "automatic"}) for one in descriptor.updates] == updates
