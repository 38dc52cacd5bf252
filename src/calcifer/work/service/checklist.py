"""The checklist of an item; lines are counted from 1."""

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit.errors import Conflict, NotFound
from calcifer.kit.uow import UnitOfWork
from calcifer.work.blueprints import LINES
from calcifer.work.models import ChecklistEntry, Item
from calcifer.work.schemas import ChecklistText
from calcifer.work.service.storing import get_open, save


def tick(uow: UnitOfWork, number: int, line: int) -> Item:
    """Mark a line as done by the actor, now; one that is done stays as it was ticked."""
    permissions.require(uow.actor, "work.tick")
    item = get_open(uow, number)
    entry = _line(item, line)
    if not entry.done:
        entry.done_by, entry.done_at = uow.actor.name, uow.now
        _saved(uow, item, "tick", entry.text)
    return item


def untick(uow: UnitOfWork, number: int, line: int) -> Item:
    """Take the mark off a line."""
    permissions.require(uow.actor, "work.untick")
    item = get_open(uow, number)
    entry = _line(item, line)
    if entry.done:
        entry.done_by = entry.done_at = None
        _saved(uow, item, "untick", entry.text)
    return item


def add(uow: UnitOfWork, number: int, new: ChecklistText) -> Item:
    """Add a line at the end."""
    permissions.require(uow.actor, "work.add")
    item = get_open(uow, number)
    if len(item.checklist) >= LINES * 2:
        raise Conflict(f"A checklist has at most {LINES * 2} lines.")
    item.checklist.append(ChecklistEntry(position=len(item.checklist) + 1, text=new.text))
    _saved(uow, item, "add", new.text)
    return item


def move(uow: UnitOfWork, number: int, line: int, to: int) -> Item:
    """Put a line at place `to`; the others keep their order."""
    permissions.require(uow.actor, "work.move")
    item = get_open(uow, number)
    entry = _line(item, line)
    _line(item, to)
    if line != to:
        item.checklist.remove(entry)
        item.checklist.insert(to - 1, entry)
        _saved(uow, item, "move", entry.text)
    return item


def remove(uow: UnitOfWork, number: int, line: int) -> Item:
    """Take a line off the list."""
    permissions.require(uow.actor, "work.remove")
    item = get_open(uow, number)
    entry = _line(item, line)
    item.checklist.remove(entry)
    _saved(uow, item, "remove", entry.text)
    return item


def _line(item: Item, line: int) -> ChecklistEntry:
    if not 1 <= line <= len(item.checklist):
        has = f"has lines 1 to {len(item.checklist)}" if item.checklist else "is empty"
        raise NotFound(f"There is no line {line}: the checklist of #{item.number} {has}.")
    return item.checklist[line - 1]


def _saved(uow: UnitOfWork, item: Item, verb: str, text: str) -> None:
    save(uow, item, f"{verb.capitalize()} a line of #{item.number}: {text}")
    activity.record(
        uow,
        f"work.{verb}",
        f"#{item.number} {item.title}",
        service=item.service.name,
        item_number=item.number,
        line=text,
    )
