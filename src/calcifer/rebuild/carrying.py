"""The only place that takes over from the database that was there what no repository has, and what cannot be read there now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection, Table, update
from sqlalchemy.exc import DBAPIError

from calcifer.kit.aside import Row, add, rows
from calcifer.kit.db import Base

# Table → what people call it, in the order of their references.
WHOLE = {
    "accounts_people": "people",
    "accounts_sessions": "sessions",
    "accounts_tokens": "tokens",
    "activity": "activity",
    "journal": "steps that are held",
}
T = TypeVar("T")


@dataclass
class Carried:
    """What was taken over, in words; what could not be, with why; the services that stay as they were."""

    words: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)


class Carrier:
    """Takes rows from the database `old` into the database `new`; what is damaged there is left out and told."""

    def __init__(self, old: Connection, new: Connection) -> None:
        """Begin with nothing."""
        self._old, self._new = old, new
        self.carried = Carried()

    def whole(self) -> None:
        """Take over the tables that have nothing to do with repositories."""
        for name, words in WHOLE.items():
            if self._tried(words, lambda name=name: add(self._new, _table(name), self._rows(name))):  # type: ignore[misc]
                self.carried.words.append(words)

    def trust(self) -> None:
        """Take over which commands are trusted, by the names of the services."""
        count = self._tried("trusted commands", self._trust)
        if count:
            self.carried.words.append("trusted commands")

    def _trust(self) -> int:
        new = {row["name"]: row["id"] for row in rows(self._new, _table("services"))}
        ids = {row["id"]: new[row["name"]] for row in self._rows("services") if row["name"] in new}
        return self._below("work_trusted_commands", ids) + self._below("deployments_trusted_hooks", ids)

    def services(self, unread: dict[str, str]) -> None:
        """Take over the services whose repositories are not there or cannot be read, with their items.

        `unread` maps their paths to reasons. An item whose number is another one's by now is left out.
        """
        self._tried("services whose repositories cannot be read", lambda: self._services(unread))

    def _services(self, unread: dict[str, str]) -> None:
        there = rows(self._new, _table("services"))
        places, names = {_place(row) for row in there}, {row["name"] for row in there}
        ids = {}
        for row in self._rows("services"):
            if _place(row) not in places and row["name"] not in names:
                ids[row["id"]] = self._insert("services", row | {"id": None})
                self.carried.services.append(row["name"])
                unread.setdefault(_place(row), f"There is nothing at {_place(row)}.")
        if not ids:
            return
        self._below("service_dependencies", ids)
        taken = {row["number"] for row in rows(self._new, _table("work_items"))}
        items = [row for row in self._rows("work_items") if row["service_id"] in ids and row["number"] not in taken]
        known = taken | {row["number"] for row in items}
        own = {row["number"] for row in items}
        moved = [row | {"service_id": ids[row["service_id"]], "parent_number": None} for row in items]
        add(self._new, _table("work_items"), moved)
        for row in items:
            if row["parent_number"] in known:
                table = _table("work_items")
                change = update(table).where(table.c.number == row["number"])
                self._new.execute(change.values(parent_number=row["parent_number"]))
        for name in ("work_checklist", "work_waivers"):
            add(self._new, _table(name), [row | {"id": None} for row in self._rows(name) if row["item_number"] in own])
        reach = "work_reach_approvals"
        approved = [row | {"id": None, "service_id": ids.get(row["service_id"])} for row in self._rows(reach)]
        add(self._new, _table(reach), [row for row in approved if row["item_number"] in own])
        self._below("work_strays", ids, numbers=known)

    def numbers(self) -> None:
        """Let no number be given again that an item had, in whatever state git is."""
        self._tried("numbers of items", self._numbers)

    def _numbers(self) -> None:
        old = {row["id"]: row for row in self._rows("services")}
        highest = {row["name"]: row["highest_number"] for row in old.values()}
        found = {row["number"] for row in rows(self._new, _table("work_items"))}
        for row in self._rows("work_items"):
            name = old[row["service_id"]]["name"]
            if row["number"] not in found:
                self.carried.lost.append(row["number"])
                highest[name] = max(highest[name], row["number"])
        table = _table("services")
        for row in rows(self._new, table):
            if highest.get(row["name"], 0) > row["highest_number"]:
                change = update(table).where(table.c.id == row["id"]).values(highest_number=highest[row["name"]])
                self._new.execute(change)

    def _below(self, name: str, ids: dict[int, int], numbers: Iterable[int] | None = None) -> int:
        """Take over rows that belong to services, with the services' new ids."""
        there = [row | {"service_id": ids[row["service_id"]]} for row in self._rows(name) if row["service_id"] in ids]
        for row in there:
            if "id" in row:
                row["id"] = None
            if numbers is not None and row["item_number"] not in numbers:
                row["item_number"] = None
        return add(self._new, _table(name), there)

    def _insert(self, name: str, row: Row) -> int:
        made = self._new.execute(_table(name).insert().values(row)).inserted_primary_key
        assert made is not None
        return int(made[0])

    def _rows(self, name: str) -> list[Row]:
        return rows(self._old, _table(name))

    def _tried(self, words: str, act: Callable[[], T]) -> T | None:
        """Do it, all or nothing; where the database that was there is damaged, tell it."""
        try:
            with self._new.begin_nested():
                return act()
        except (DBAPIError, ValueError, KeyError, TypeError) as error:  # what is read is not what was written
            cause = error.orig if isinstance(error, DBAPIError) else error
            self.carried.failed.append((words, str(cause)))
            return None


def _place(row: Row) -> str:
    return f"{row['path']}/{row['folder']}" if row["folder"] else str(row["path"])


def _table(name: str) -> Table:
    return Base.metadata.tables[name]
