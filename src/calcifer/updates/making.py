"""The only place that makes an item of an update: the compose file edited on a branch, with what is known of it as the reason."""

from pathlib import Path

from calcifer.kit.errors import Conflict
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as catalog
from calcifer.services.marked_yaml import shown
from calcifer.services.service.reading import reader
from calcifer.updates import editing, queries, taken
from calcifer.updates.references import read
from calcifer.updates.rows import Update, Used
from calcifer.updates.taken import Taken
from calcifer.work import service as work
from calcifer.work.models import Item
from calcifer.work.queries import find_item
from calcifer.work.schemas import FileContent, ItemChanges, NewCommit, NewItem

LONGEST_NAME = 80


class NoUpdate(Conflict):
    """There is nothing to update to."""


def find_open(uow: UnitOfWork, used: Used) -> Taken | None:
    """Return the open item that updates an image of a service, or None."""
    there = queries.list_taken(uow.db, "open", used.service)
    return next((one for one in there if one.written == used.written), None)


def make(uow: UnitOfWork, update: Update, why: str = "", parent: int | None = None) -> Item:
    """Open an item with the update on its branch and everything said that the rules ask."""
    used, to, old = update.used, update.offer.to, read(update.used.written)
    if to is None or old is None:
        raise NoUpdate(f"There is no update of {used.written} in {used.service}. {update.offer.sentence}")
    title = f"Update {shown(old.familiar, LONGEST_NAME)} from {old.version} to {to.version}"
    opened = NewItem(title=title, reason=_reason(update, title, why), service=used.service, parent=parent)
    files = _files(uow, used.service, used.written, to.written)
    item = work.open(uow, opened, express=True)
    work.edit(uow, item.number, ItemChanges(notes=_facts(update)))
    work.commit(uow, item.number, NewCommit(message=title, entry=f"{title}.", files=files))
    return item


def _files(uow: UnitOfWork, name: str, old: str, new: str) -> list[FileContent]:
    service = catalog.get_service(uow.db, name)
    repository = uow.refs.open(Path(service.path))
    read_file = reader(repository, repository.branch(service.main_branch), service.folder)
    edited = editing.edited(read_file, old, new)
    return [FileContent(path=service.within(path), content=content.decode()) for path, content in edited.items()]


def _reason(update: Update, title: str, why: str) -> str:
    return f"{why.strip() or title + '.'}\n\n{_facts(update)}"


def _facts(update: Update) -> str:
    used, offer, image = update.used, update.offer, update.image
    assert offer.to
    containers = ", ".join(f"`{name}`" for name in used.containers[:10])
    at = f" on {image.checked_at:%Y-%m-%d}" if image and image.checked_at else ""
    lines = [taken.line(offer.kind, containers, used.written, offer.to.written)]
    if offer.digest:
        lines.append(f"In the registry ({used.name}) that was `{offer.digest}`{at}.")
    return "\n".join(lines)


def open_item(uow: UnitOfWork, number: int) -> Item | None:
    """Return an item that is open, or None."""
    item = find_item(uow.db, number)
    return item if item is not None and item.state == "open" else None
