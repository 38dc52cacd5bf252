"""Every change: hosts that are enrolled, edited, pinned anew, replaced, removed, and what checks have found out."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from calcifer.accounts.permissions import require
from calcifer.activity import service as activity
from calcifer.hosts import kept, ownership, queries, reaching, references
from calcifer.hosts.models import Host
from calcifer.hosts.naming import replaced_name
from calcifer.hosts.reaching import Checked
from calcifer.hosts.schemas import HostChanges, Kept, NewHost
from calcifer.kit.errors import Conflict, Invalid, NotFound
from calcifer.kit.promises import JobRow, get_job, promise
from calcifer.kit.ssh import fingerprint
from calcifer.kit.uow import UnitOfWork

ADD = "hosts.add"
CHECK = "hosts.check"
PIN = "hosts.pin"
ALL = "*"
_MACHINE = (
    "target",
    "directory",
    "note",
    "owner",
    "owner_id",
    "key",
    "pinned_at",
    "facts",
    "findings",
    "checked_at",
    "error",
    "mend",
    "failed_at",
)
"""The columns that belong to a machine, and not to its name."""


class StillReferredTo(Conflict):
    """Something would be without its host."""


class AlreadyReplaced(Conflict):
    """Another machine has the host's name."""


def add(uow: UnitOfWork, data: NewHost) -> JobRow:
    """Promise to reach a machine, pin its key and list it as a host; where it is not reached, nothing is added."""
    require(uow.actor, "hosts.add")
    _refuse_taken(uow, data.name, data.target)
    return promise(uow, ADD, json.dumps(data.model_dump(), sort_keys=True))


def check(uow: UnitOfWork, name: str | None = None) -> JobRow:
    """Promise to look at a host, or at all: what it lacks, and its facts. Nothing on a host is changed."""
    require(uow.actor, "hosts.check")
    if name is not None:
        name = _present(uow, name).name
    return promise(uow, CHECK, name or ALL)


def pin(uow: UnitOfWork, name: str, wanted: str) -> JobRow:
    """Promise to pin the key of the fingerprint `wanted` for a host, where the host shows that one."""
    require(uow.actor, "hosts.pin")
    host = _present(uow, name)
    if host.is_local:
        raise Conflict(f"{name} is this machine: no key is needed to reach it.")
    return promise(uow, PIN, f"{host.name} {wanted}")


def edit(uow: UnitOfWork, var: Path, name: str, changes: HostChanges) -> Host:
    """Change where a host is reached, where services lie on it, its note, or whose it is; the pinned key stays."""
    require(uow.actor, "hosts.edit")
    host = _present(uow, name)
    wanted = changes.model_dump(exclude_none=True)
    target = wanted.get("target", host.target)
    if bool(target) != bool(host.target):
        raise Invalid.field(
            "target", f"A host stays what it is, this machine or another: calcifer hosts replace {name} NEW"
        )
    other = queries.find_at(uow.db, target)
    if other is not None and other.id != host.id:
        raise Invalid.field("target", f"'{other.name}' is there already.")
    before = {field: getattr(host, field) for field in wanted}
    if wanted.get("owner", host.owner or "").lower() != (host.owner or ""):
        ownership.belongs_to(uow, host, wanted["owner"])
    for field, value in wanted.items():
        if field != "owner":
            setattr(host, field, value)
    kept.save(uow, var, f"Edit host {name}", [host])
    activity.record(uow, "hosts.edit", name, before=before, after=wanted)
    return host


def remove(uow: UnitOfWork, var: Path, name: str) -> None:
    """Forget a host, and its pinned key; nothing on it is changed. Raises StillReferredTo where something would be without it."""
    require(uow.actor, "hosts.remove")
    host = queries.get_host(uow.db, name)
    found = list(references.references(uow, host))
    if found:
        shown = ", ".join(found[:10]) + (f" and {len(found) - 10} more" if len(found) > 10 else "")
        raise StillReferredTo(f"{name} is still in use: {shown}.", mend=f"calcifer hosts replace {name} NEW")
    kept.save(uow, var, f"Remove host {name}", [], gone=[name])
    activity.record(uow, "hosts.remove", name, target=host.target, fingerprint=host.fingerprint)
    uow.db.delete(host)


def replace(uow: UnitOfWork, var: Path, name: str, by: str) -> Host:
    """Let the machine of the host `by` take the name `name`, and with it all that refers to it; the old one is listed as replaced.

    The rows change places: what refers to the row `name` refers to the new machine from here on.
    """
    require(uow.actor, "hosts.replace")
    host, new = _present(uow, name), _present(uow, by)
    if host.id == new.id:
        raise Invalid.field("by", "A host is replaced by another one.")
    for field in _MACHINE:
        old_value, new_value = getattr(host, field), getattr(new, field)
        setattr(host, field, new_value)
        setattr(new, field, old_value)
    new.name, new.replaced_at = replaced_name(name, queries.list_names(uow.db)), uow.now
    kept.save(uow, var, f"Replace host {name} by {by}", [host, new], gone=[by])
    activity.record(uow, "hosts.replace", name, by=by, target=host.target, replaced=new.name)
    return host


def get_host_job(uow: UnitOfWork, job_id: int) -> JobRow:
    """Return the job of an enrolment, a check or a pin; NotFound where there is none."""
    row = get_job(uow.db, job_id)
    if row.name not in {ADD, CHECK, PIN}:
        raise NotFound(f"There is no job {job_id} of a host.")
    return row


def _present(uow: UnitOfWork, name: str) -> Host:
    host = queries.get_host(uow.db, name)
    if host.replaced_at is not None:
        raise AlreadyReplaced(f"{name} was replaced by another machine, and is listed for the record alone.")
    return host


def _refuse_taken(uow: UnitOfWork, name: str, target: str) -> None:
    if queries.find_host(uow.db, name) is not None:
        raise Invalid.field("name", f"There is a host '{name}' already.")
    other = queries.find_at(uow.db, target)
    if other is not None:
        where = "there" if target else "this machine"
        raise Invalid.field("target", f"'{other.name}' is {where} already.")


# -- what jobs have to record -------------------------------------------------------------------------------------------


def enrolled(uow: UnitOfWork, var: Path, data: NewHost, key: str | None, seen: Checked) -> Host:
    """List a machine that was reached, with its key pinned."""
    _refuse_taken(uow, data.name, data.target)
    pinned_at = uow.now if key else None
    host = Host(**data.model_dump(), key=key, pinned_at=pinned_at, added_at=uow.now, facts={}, findings=[])
    host.owner, host.owner_id = uow.actor.mail.lower(), uow.actor.person_id
    uow.db.add(host)
    uow.db.flush()  # its defaults are what is kept
    _keep(uow, host, seen)
    kept.save(uow, var, f"Add host {host.name}", [host])
    activity.record(uow, ADD, host.name, target=host.target, fingerprint=host.fingerprint)
    return host


def checked(uow: UnitOfWork, seen: Iterable[Checked]) -> None:
    """Keep what checks came to; a host that was removed or became another machine meanwhile is left out."""
    there = {host.id: host for host in queries.list_present(uow.db)}
    for one in seen:
        host = there.get(one.aim.id)
        if host is not None and (host.target, host.key) == (one.aim.target, one.aim.key):
            _keep(uow, host, one)


def pinned(uow: UnitOfWork, var: Path, name: str, key: str) -> Host:
    """Pin `key` for a host, whatever was pinned before; why the last check did not reach it is forgotten."""
    host = _present(uow, name)
    before = host.fingerprint
    host.key, host.pinned_at = key, uow.now
    host.error = host.mend = host.failed_at = None
    kept.save(uow, var, f"Pin another key of host {name}", [host])
    activity.record(uow, PIN, name, before=before, after=fingerprint(key))
    return host


def restore(uow: UnitOfWork, one: Kept) -> Host:
    """Put a host into a database that has none, as git has it; a part of a rebuild, and nothing else calls it."""
    require(uow.actor, "hosts.rebuild")
    host = Host(**one.model_dump(), facts={}, findings=[])
    uow.db.add(host)
    return host


def keep_anew(uow: UnitOfWork, var: Path) -> None:
    """Write every host into a repository that was made anew."""
    known = queries.list_all(uow.db)
    if known:
        kept.save(uow, var, "Keep the hosts that are known", known)


def aims(uow: UnitOfWork, name: str) -> list[reaching.Aim]:
    """Return what a check connects to: a host that is there, or all of them."""
    return [reaching.Aim.of(host) for host in queries.list_present(uow.db) if name in {ALL, host.name}]


def _keep(uow: UnitOfWork, host: Host, seen: Checked) -> None:
    if seen.error is not None:
        host.error, host.mend = seen.error.message, seen.error.mend
        host.failed_at = host.failed_at or uow.now
        return
    facts: dict[str, Any] = seen.facts or {}
    host.facts, host.findings, host.checked_at = facts, list(seen.findings), uow.now
    host.error = host.mend = host.failed_at = None
