"""The only place that compares two databases by what they say, whatever their rows are numbered."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from calcifer.kit.aside import Row, rows
from calcifer.kit.db import Base
from calcifer.rebuild.schemas import DifferenceOut

NOT_KEPT = {
    "services": {"scanned_at", "missing_since"},
    "work_items": {"notice"},
    "deployments": {"plan", "phase", "is_returning", "is_cancelled", "runs", "mend", "person_id"},
    "hosts": {"facts", "findings", "checked_at", "error", "mend", "failed_at"},
}
"""Columns that no repository has."""
PARTS = {"work_checklist": "checklist", "work_waivers": "waivers", "work_reach_approvals": "approvals"}
ENDED = {"good", "returned", "failed", "cancelled"}
"""Deployments that are on their way, or held, are in no repository yet."""
LONGEST = 200
Snapshot = Mapping[str, Row]


def snapshot(connection: Connection) -> Snapshot:
    """Return what a database says of services, items, stray commits, hosts and deployments, each under a name for people."""
    tables = Base.metadata.tables
    services = {row["id"]: row for row in rows(connection, tables["services"])}
    said: dict[str, Row] = {}
    items = rows(connection, tables["work_items"])
    highest = _highest(services, items)
    for row in services.values():
        own = {"depends_on": [], "highest_number": highest[row["path"]]}
        said[f"service {row['name']}"] = _without(row, "services", "id") | own
    for row in rows(connection, tables["service_dependencies"]):
        said[f"service {services[row['service_id']]['name']}"]["depends_on"].append(row["name"])
    for row in items:
        own = {"service": services[row["service_id"]]["name"], "checklist": [], "waivers": [], "approvals": []}
        said[f"item {row['number']}"] = _without(row, "work_items", "service_id") | own
    for name, field in PARTS.items():
        for row in sorted(rows(connection, tables[name]), key=lambda row: (row.get("position", 0), row["id"])):
            said[f"item {row['item_number']}"][field].append(_without(row, name, "id", "item_number", "service_id"))
    for row in rows(connection, tables["work_strays"]):
        name = f"commit {row['oid']} of {services[row['service_id']]['name']}"
        said[name] = _without(row, "work_strays", "id", "service_id")
    for row in rows(connection, tables["hosts"]):
        said[f"host {row['name']}"] = _without(row, "hosts", "id")
    hosts = {row["id"]: row["name"] for row in rows(connection, tables["hosts"])}
    for row in rows(connection, tables["deployments"]):
        own = {"service": services[row["service_id"]]["name"], "host": hosts[row["host_id"]]}
        if row["state"] in ENDED:
            said[f"deployment {row['id']}"] = _without(row, "deployments", "service_id", "host_id") | own
    for row in said.values():
        row.get("depends_on", []).sort()
    return said


def _highest(services: Mapping[int, Row], items: Iterable[Row]) -> dict[str, int]:
    """Return the highest number that each repository or an item of it has; a row counts only what was found without an item."""
    found: dict[str, int] = {}
    for row in services.values():
        found[row["path"]] = max(found.get(row["path"], 0), row["highest_number"])
    for row in items:
        path = services[row["service_id"]]["path"]
        found[path] = max(found[path], row["number"])
    return found


def _without(row: Row, table: str, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in {*names, *NOT_KEPT.get(table, ())}}


def differences(database: Snapshot, repositories: Snapshot) -> list[DifferenceOut]:
    """Return where two snapshots differ, in the order of their names."""
    found = []
    for what in sorted(database.keys() | repositories.keys(), key=_natural):
        there, here = database.get(what), repositories.get(what)
        if there is None or here is None:
            found.append(
                DifferenceOut(what=what, field="", database=_title(there), repositories=_title(here)),
            )
            continue
        for field in sorted(there.keys() | here.keys()):
            if there.get(field) != here.get(field):
                said = (_shown(there.get(field)), _shown(here.get(field)))
                found.append(DifferenceOut(what=what, field=field, database=said[0], repositories=said[1]))
    return found


def _natural(what: str) -> tuple[str, int, str]:
    kind, _, name = what.partition(" ")
    return kind, int(name) if kind in {"item", "deployment"} else 0, name


def _title(row: Row | None) -> str | None:
    return None if row is None else _shown(row.get("title") or row.get("subject") or "there")


def _shown(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
