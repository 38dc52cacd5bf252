"""What people do to five services, at random, each step by the program itself or by git; and a database as it can be compared."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calcifer.kit.db import Base, Database
from calcifer.kit.errors import CalciferError
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as catalog
from calcifer.services.service.reading import rescan
from calcifer.services.service.scanning import look
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.models import Item
from calcifer.work.schemas import (
    ChecklistText,
    Claim,
    FileContent,
    ItemChanges,
    NewChange,
    NewCommit,
    NewItem,
    NewWaiver,
)
from tests.owner import OWNER
from tests.work import factories

SERVICES = ("calcifer-app", "web", "db", "wiki", "mail")
WORDS = (
    "Pin nginx",
    "Größe: 3",
    "---",
    "- [x] a",
    "# Notes",
    "日本",
    "null",
    "1:30",
    "'quoted' \"twice\"",
    "a (#3)",
    "~",
)
CATEGORIES = ("service", "service", "service", "platform_feature", "integration", "documentation")
TEXTS = ("", "Tried it.", "## Notes\n\nmore\n", "a\n\n---\nb", "  indented\n> quoted", "TODO")
DESCRIPTORS = (
    "title: Web proxy\ndepends_on: [db, nowhere]\npolicy: team\n",
    "kind: network\nowner: ada\nlinks:\n  - {title: A, url: 'https://a.example/'}\n",
    "title: [broken\n",
    "verify: 'true'\nlifecycle: deprecated\n",
)
Act = Callable[["World", UnitOfWork, int, int], object]


class World:
    """Five services of a workspace, and what was done to them."""

    def __init__(self, wiring: Wiring) -> None:
        """Make them."""
        self.wiring = wiring
        self.paths = [factories.service(wiring, name) for name in SERVICES]
        self.refused = 0
        self.done: dict[str, int] = {}

    def act(self, name: str, one: int, two: int) -> None:
        """Do one thing; what the program refuses has no effect."""
        try:
            with self.wiring.units.write(OWNER) as uow:
                OPERATIONS[name](self, uow, one, two)
        except CalciferError:
            self.refused += 1
        else:
            self.done[name] = self.done.get(name, 0) + 1

    def settle(self) -> None:
        """Let Calcifer look at everything that was done without it, as its jobs do."""
        look(self.wiring.units, OWNER, self.wiring.settings.home)
        with self.wiring.units.write(OWNER) as uow:
            for name in SERVICES:
                work.find_strays(uow, catalog.get_service(uow.db, name))

    def number(self, session: Session, one: int, **wanted: object) -> int:
        """Choose an item."""
        query = select(Item.number).filter_by(**wanted).order_by(Item.number)
        found = list(session.scalars(query))
        return found[one % len(found)] if found else one % 7


def pick(values: tuple[str, ...], at: int) -> str:
    """Choose a value."""
    return values[at % len(values)]


def open_(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    parent = world.number(uow.db, two, is_parent=True, state="open") if two % 3 == 0 else None
    new = {
        "title": f"{pick(WORDS, one)} {two % 50}",
        "reason": f"Because of {pick(WORDS, two)}\n{pick(TEXTS, one)}",
        "category": pick(CATEGORIES, one),
        "action": pick(("change", "fix", "new"), two),
        "service": pick(SERVICES, two) if pick(CATEGORIES, one) in {"service", "documentation"} else None,
        "assignee": pick(WORDS, one) if two % 4 == 0 else None,
        "parent": parent if parent and parent > 0 else None,
        "is_parent": one % 5 == 0,
    }
    work.open(uow, NewItem.model_validate(new))


def edit(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    changes: list[dict[str, str]] = [
        {"title": f"{pick(WORDS, two)} again"},
        {"notes": pick(TEXTS, two)},
        {"reason": f"Rather {pick(WORDS, two)}"},
        {"docs_reason": pick(TEXTS, two)},
        {"assignee": pick((*WORDS, ""), two)},
        {"notes": pick(TEXTS, two), "title": pick(WORDS, one)},
    ]
    number = world.number(uow.db, one, state="open")
    work.edit(uow, number, ItemChanges.model_validate(changes[two % len(changes)]))


def tick(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    work.tick(uow, world.number(uow.db, one, state="open"), two % 5 + 1)


def untick(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    work.untick(uow, world.number(uow.db, one, state="open"), two % 5 + 1)


def add(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    work.add(uow, world.number(uow.db, one, state="open"), ChecklistText(text=pick(WORDS, two)))


def move(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    work.move(uow, world.number(uow.db, one, state="open"), two % 4 + 1, one % 4 + 1)


def remove(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    work.remove(uow, world.number(uow.db, one, state="open"), two % 6 + 1)


def commit(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    files = [FileContent(path=f"file{two % 4}.txt", content=f"{one} {two}\n")]
    if two % 5 == 0:
        files.append(FileContent(path=".calcifer/service.yaml", content=DESCRIPTORS[one % len(DESCRIPTORS)]))
    number = world.number(uow.db, one, state="open", is_parent=False)
    work.commit(uow, number, NewCommit(message=f"Change {pick(WORDS, two)}", entry=f"Entry {two}.", files=files))


def commit_by_hand(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    """Commit to a branch without Calcifer, as somebody who pushes does."""
    item = queries.get_item(uow.db, world.number(uow.db, one, state="open", is_parent=False))
    if item.state != "open" or item.branch is None:
        return
    path = Path(item.service.path)
    made = factories.git(path, "commit-tree", f"{item.branch}^{{tree}}", "-p", item.branch or "", "-m", f"Pushed {two}")
    factories.git(path, "update-ref", f"refs/heads/{item.branch}", made)


def update(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    work.update(uow, world.number(uow.db, one, state="open", is_parent=False))


def complete(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    """Finish what can be finished of an item, then complete it."""
    number = world.number(uow.db, one, state="open", is_parent=two % 4 == 0)
    item = queries.get_item(uow.db, number)
    for line in range(1, len(item.checklist) + 1):
        work.tick(uow, number, line)
    if not item.is_parent:
        work.edit(uow, number, ItemChanges(notes="Tried it on the test host.", docs_reason="None states it."))
        for verdict in work.judge(uow, item):
            if not verdict.lets_through and verdict.rule in {"verify", "documentation", "size"}:
                work.waive(uow, number, NewWaiver(rule=verdict.rule, reason="It is right."))
    work.complete(uow, number)


def drop(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    work.drop(uow, world.number(uow.db, one, state="open"))


def reopen(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    work.reopen(uow, world.number(uow.db, one, state="dropped"))


def revert(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    work.revert(uow, world.number(uow.db, one, state="completed", is_parent=False), f"Wrong: {pick(WORDS, two)}")


def waive(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    rule = pick(("notes", "checklist", "documentation", "entry"), two)
    number = world.number(uow.db, one, state="open", is_parent=False)
    work.waive(uow, number, NewWaiver(rule=rule, reason=f"{pick(WORDS, one)}\nmore"))


def change(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    files = [FileContent(path=f"quick{one % 3}.txt", content=f"{one} {two}\n")]
    work.change(uow, NewChange(service=pick(SERVICES, one), reason=f"Quick {pick(WORDS, two)}.", files=files))


def stray(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    """Commit to main without an item, sometimes what breaks the descriptor or looks like a record."""
    path = world.paths[one % len(world.paths)]
    name = pick((f"stray{one % 3}", ".calcifer/service.yaml", ".calcifer/work/0099-forged.md"), two)
    text = DESCRIPTORS[two % len(DESCRIPTORS)] if name.endswith("yaml") else f"{one} {two}\n"
    (path / name).parent.mkdir(parents=True, exist_ok=True)
    (path / name).write_text(text)
    factories.git(path, "add", name)
    factories.git(path, "commit", "-q", "--allow-empty", "-m", f"By hand {pick(WORDS, two)}", "--", name)
    service = catalog.get_service(uow.db, path.name)
    rescan(uow, service)
    work.find_strays(uow, service)


def claim(world: World, uow: UnitOfWork, one: int, two: int) -> None:
    waiting = queries.list_strays(uow.db, limit=100)
    if not waiting:
        return
    name = waiting[one % len(waiting)].service.name
    commits = [row.oid for row in waiting if row.service.name == name][: two % 3 + 1]
    work.claim(uow, Claim(service=name, reason=f"Found {pick(WORDS, two)}", commits=commits))


OPERATIONS: dict[str, Act] = {
    "open": open_,
    "edit": edit,
    "tick": tick,
    "untick": untick,
    "add": add,
    "move": move,
    "remove": remove,
    "commit": commit,
    "commit_by_hand": commit_by_hand,
    "update": update,
    "complete": complete,
    "drop": drop,
    "reopen": reopen,
    "revert": revert,
    "waive": waive,
    "change": change,
    "stray": stray,
    "claim": claim,
}

# -- comparing ----------------------------------------------------------------------------------------------------------

# What docs/rebuild.md says is not kept: whole tables, and columns.
NOT_KEPT = {
    "accounts_people",
    "accounts_sessions",
    "accounts_tokens",
    "git_states",
    "jobs",
    "journal",
    "work_trusted_commands",
    "work_verifications",
}
COLUMNS_NOT_KEPT = {
    "services": {"scanned_at"},
    "activity": {"person_id", "request_id", "subject"},
}
VERBS_KEPT = {"work.open", "work.complete", "services.adopt"}


def tables(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every table but those that are not kept; ids that only count rows are left out, those of services are names."""
    found = {}
    with database.looking() as connection:
        known = Base.metadata.tables
        rows = {
            name: [dict(row) for row in connection.execute(select(table)).mappings()] for name, table in known.items()
        }
    names = {row["id"]: row["name"] for row in rows["services"]}
    for name in sorted(rows.keys() - NOT_KEPT):
        plain = [_plain(name, row, names) for row in rows[name]]
        if name == "activity":
            plain = [row for row in plain if row["verb"] in VERBS_KEPT and row["service"]]
        found[name] = sorted(plain, key=repr)
    return found


def _plain(table: str, row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    row = {name: value for name, value in row.items() if name not in {"id", *COLUMNS_NOT_KEPT.get(table, ())}}
    if "service_id" in row:
        row["service_id"] = names[row["service_id"]]
    if row.get("state") == "open":
        row.pop("head", None)  # what somebody pushed is seen when Calcifer moves the branch, or is made anew
    return row
