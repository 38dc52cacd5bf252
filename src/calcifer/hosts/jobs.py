"""What is done to hosts outside a unit of work: enrolled, checked, pinned."""

import json
from pathlib import Path
from typing import Any

from calcifer.hosts import kept, reaching, service
from calcifer.hosts.schemas import NewHost
from calcifer.kit import ssh
from calcifer.kit.errors import CalciferError, Conflict
from calcifer.kit.schemas import checked
from calcifer.kit.workflows import JobContext, Jobs


def register(jobs: Jobs, var: Path) -> None:
    """Register the jobs of hosts for the workspace with the directory `var`."""
    jobs.register(service.ADD, lambda job: add(job, var))
    jobs.register(service.CHECK, lambda job: check(job, var))
    jobs.register(service.PIN, lambda job: pin(job, var))


def add(job: JobContext, var: Path) -> dict[str, Any]:
    """Reach a machine, pin its key, and list it."""
    data = checked(NewHost, **json.loads(job.subject))
    job.progress(f"Reaching {data.target or 'this machine'}")
    try:
        key, was_known = reaching.first_key(data.target)
    except CalciferError as error:
        raise reaching.final(error) from error
    seen = reaching.enrol(data.target, data.directory, key)
    if seen.error is not None:
        raise reaching.final(seen.error)
    _found(job, var)
    with job.units.write(job.actor) as uow:
        host = service.enrolled(uow, var, data, key, seen)
        result = {"host": host.name, "fingerprint": host.fingerprint, "was_known": was_known}
    reaching.write_known_hosts(job.units, job.actor, var)
    return result


def check(job: JobContext, var: Path) -> dict[str, Any]:
    """Look at one host, or at all; each is noted as soon as it is known."""
    _found(job, var)
    reaching.write_known_hosts(job.units, job.actor, var)
    with job.units.read(job.actor) as uow:
        aims = service.aims(uow, job.subject)
    unreached = 0
    for seen in reaching.examine_all(aims, var, job.progress):
        unreached += seen.error is not None
        with job.units.write(job.actor) as uow:
            service.checked(uow, [seen])
    return {"checked": len(aims), "unreached": unreached, "host": None if job.subject == service.ALL else job.subject}


def pin(job: JobContext, var: Path) -> dict[str, Any]:
    """Ask a host for its key, and pin it where it is the wanted one."""
    name, _, wanted = job.subject.partition(" ")
    with job.units.read(job.actor) as uow:
        found = service.aims(uow, name)
    if not found:
        raise Conflict(f"There is no host '{name}' any more.")
    try:
        key = ssh.offered_key(ssh.read_target(found[0].target))
    except CalciferError as error:
        raise reaching.final(error) from error
    shown = ssh.fingerprint(key)
    if shown != wanted:
        raise Conflict(f"{name} shows the key {shown}, and not {wanted}. Nothing was pinned.")
    _found(job, var)
    with job.units.write(job.actor) as uow:
        service.pinned(uow, var, name, key)
    reaching.write_known_hosts(job.units, job.actor, var)
    return {"host": name, "fingerprint": shown}


def _found(job: JobContext, var: Path) -> None:
    """Make the repository of hosts where there is none, with the hosts that the database knows."""
    if kept.found(var, job.actor.person, job.units.clock()):
        with job.units.write(job.actor) as uow:
            service.keep_anew(uow, var)
