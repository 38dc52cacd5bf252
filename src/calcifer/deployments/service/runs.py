"""Every change to runs: what is asked for, and what each phase came to."""

from pathlib import Path
from typing import Any

from calcifer.accounts.permissions import require
from calcifer.activity import service as activity
from calcifer.deployments import targets
from calcifer.deployments.models import Deployment
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.queries.runs import Listed
from calcifer.deployments.records import NOTES, noted
from calcifer.deployments.schemas import NewDeployment, NewRollback
from calcifer.deployments.service.allowing import require_allowed
from calcifer.deployments.shipping import Place
from calcifer.hosts import queries as hosts
from calcifer.hosts.models import Host
from calcifer.kit.errors import Conflict, Invalid, NotFound
from calcifer.kit.promises import find_latest, promise
from calcifer.kit.ssh import HERE
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as services
from calcifer.services.models import Service

JOB = "deployments.deploy"
DELIVER = "deployments.deliver"
"""Promised by a completion where a target says `on_complete: deploy`."""


class Busy(Conflict):
    """Something is on its way to the same place."""


class NotCompleted(Invalid):
    """The commit is not on main, and production takes completed work only."""


class NothingBefore(Conflict):
    """There is no earlier version."""


class AlreadyFinished(Conflict):
    """There is nothing to be cancelled or decided any more."""


def deploy(uow: UnitOfWork, data: NewDeployment) -> Deployment:
    """Promise to bring a commit of a service into service on a host: main as it is, where none is named."""
    require(uow.actor, "deployments.deploy")
    service = services.get_service(uow.db, data.service)
    target = targets.choose(service, data.to)
    host = _host(uow, service, target)
    commit = _commit(uow, service, data.commit, target)
    require_allowed(uow, service, target, commit)
    return _begin(uow, service, host, target, "deploy", commit, data.reason)


def rollback(uow: UnitOfWork, data: NewRollback) -> Deployment:
    """Promise to bring back what came into service before the version that is deployed now."""
    require(uow.actor, "deployments.rollback")
    service = services.get_service(uow.db, data.service)
    target = targets.choose(service, data.to)
    host = _host(uow, service, target)
    good = queries.list_good(uow.db, service.id, host.id)
    earlier = next((one.commit for one in good if one.commit != good[0].commit), None)
    if earlier is None:
        raise NothingBefore(f"{service.name} has had no other version on {host.name} that could be brought back.")
    require_allowed(uow, service, target, earlier)
    return _begin(uow, service, host, target, "rollback", earlier, data.reason)


def deliver(uow: UnitOfWork, name: str, merge: str) -> list[int]:
    """Promise what the targets of a service ask for once a change is completed, and return the numbers of the deployments.

    One that brings `merge` already is not repeated. Raises Busy where something else is on its way.
    """
    service = services.get_service(uow.db, name)
    repository = uow.refs.open(Path(service.path))
    found = []
    for target in targets.of(service):
        if target.on_complete != "deploy":
            continue
        host = _host(uow, service, target)
        latest = queries.find_latest(uow.db, service.id, host.id)
        if latest is None or not repository.contains(latest.commit, merge):
            latest = deploy(uow, NewDeployment(service=name, to=target.name, reason="It was completed."))
        found.append(latest.id)
    return found


def cancel(uow: UnitOfWork, deployment_id: int) -> Deployment:
    """End a deployment: at once where nothing was changed yet, by way of the version before where it has begun to be."""
    require(uow.actor, "deployments.cancel")
    row, service, _ = queries.get_deployment(uow.db, deployment_id)
    if not row.is_finished and _bury(uow, row):
        return row
    if row.is_finished and row.state != "held":
        raise AlreadyFinished(f"Deployment {row.id} is {row.state}: there is nothing to cancel.")
    row.is_cancelled = True
    if row.state in ("held", "pending"):
        row.state, row.finished_at = "cancelled", uow.now
    activity.record(uow, "deployments.cancel", f"{service} {row.id}", service=service)
    return row


def proceed(uow: UnitOfWork, deployment_id: int) -> Deployment:
    """Let a deployment that is held go on: what was edited on the host is kept aside there, and replaced."""
    require(uow.actor, "deployments.proceed")
    row, service, host = queries.get_deployment(uow.db, deployment_id)
    if row.state != "held":
        raise AlreadyFinished(f"Deployment {row.id} is {row.state}, and waits for no decision.")
    if "hooks" in row.plan:
        raise Conflict(
            f"Deployment {row.id} waits for somebody to trust its hooks.", mend=f"calcifer deployments trust {row.id}"
        )
    refuse_busy(uow, row.service_id, row.host_id, service, host)
    row.plan = row.plan | {"decided": uow.actor.name}
    row.state, row.phase, row.error, row.mend, row.finished_at = "pending", "plan", None, None, None
    promise(uow, JOB, str(row.id))
    activity.record(uow, "deployments.proceed", f"{service} {row.id}", service=service)
    return row


def refers_to(uow: UnitOfWork, host: Host) -> list[str]:
    """Return the services that are meant to run on a host, or were ever brought there."""
    meant = {name for name, there in services.list_targets(uow.db) if any(one["host"] == host.name for one in there)}
    return [f"the service {name}" for name in sorted({*meant, *queries.list_services_on(uow.db, host.id)})]


def job_of(uow: UnitOfWork, deployment_id: int) -> int:
    """Return the id of the job that carries a run out, or did."""
    row = find_latest(uow.db, JOB, str(deployment_id))
    if row is None:
        raise NotFound(f"Deployment {deployment_id} has no job any more.")
    return row.id


def _host(uow: UnitOfWork, service: Service, target: targets.Target) -> Host:
    if service.missing_since is not None:
        raise Conflict(f"The repository of {service.name} is not there any more: {service.place}.")
    host = hosts.find_host(uow.db, target.host)
    if host is None or host.replaced_at is not None:
        raise Invalid(
            f"{service.name} is meant to run on {target.host}, and there is no such host.",
            fields={"to": f"There is no host '{target.host}'."},
            mend=f"calcifer hosts add {target.host} SSH-TARGET",
        )
    return host


def _commit(uow: UnitOfWork, service: Service, wanted: str | None, target: targets.Target) -> str:
    repository = uow.refs.open(Path(service.path))
    main = repository.branch(service.main_branch)
    if main is None:
        raise Conflict(f"{service.name} has no commit yet: there is nothing to deploy.")
    if wanted is None:
        return main
    if not repository.has(wanted):
        raise NotFound(f"{service.name} has no commit {wanted[:10]}.")
    if target.is_production and not repository.contains(main, wanted):
        raise NotCompleted.field(
            "commit",
            f"{wanted[:10]} is not on {service.main_branch}: {target.name} takes completed work only. "
            "Complete its item first, or deploy it to another target.",
        )
    return wanted


def refuse_busy(uow: UnitOfWork, service_id: int, host_id: int, service: str, host: str) -> None:
    """Raise Busy where something is on its way to the same place."""
    other = queries.find_unfinished(uow.db, service_id, host_id)
    if other is not None and not _bury(uow, other):
        since = f"{other.made_at:%Y-%m-%d %H:%M} UTC"
        raise Busy(
            f"{other.actor_name} is deploying {service} to {host} since {since}: deployment {other.id} has not ended.",
            mend=f"calcifer deployments show {other.id}, or calcifer deployments cancel {other.id}",
        )


def _bury(uow: UnitOfWork, row: Deployment) -> bool:
    """Note of a run that nobody carries out any more that it was broken off; return whether it is one."""
    job = find_latest(uow.db, JOB, str(row.id))
    if job is not None and not job.finished:
        return False
    row.state, row.finished_at = "failed", uow.now
    row.error = f"It was broken off. {job.error or '' if job else ''}".strip()
    return True


def _checked(uow: UnitOfWork, service: Service, host: Host, target: targets.Target) -> str:
    """Return the directory on the host; Invalid where that is none, Conflict where another service was brought there."""
    try:
        directory = Place(HERE, service.name, target.directory, host.directory).path
    except Invalid as error:
        raise Invalid(
            f"The target {target.name} of {service.name} names no directory that can be used: {error.message}",
            fields={"to": error.message},
        ) from None
    other = queries.find_in_directory(uow.db, host.id, directory, service.id)
    if other is not None:
        raise Conflict(
            f"{other} was brought to {directory} on {host.name}: two services cannot share a directory.",
            mend=f"Name another directory in the target of {service.name}.",
        )
    return directory


def _begin(
    uow: UnitOfWork, service: Service, host: Host, target: targets.Target, kind: str, commit: str, reason: str
) -> Deployment:
    refuse_busy(uow, service.id, host.id, service.name, host.name)
    directory = _checked(uow, service, host, target)
    earlier = queries.find_latest(uow.db, service.id, host.id)
    row = Deployment(
        id=queries.next_number(uow.db),
        service_id=service.id,
        host_id=host.id,
        target=target.name,
        kind=kind,
        directory=directory,
        project=earlier.project if earlier else "",
        commit=commit,
        reason=reason,
        actor_name=uow.actor.name,
        person_id=uow.actor.person_id,
        made_at=uow.now,
    )
    uow.db.add(row)
    uow.db.flush()
    promise(uow, JOB, str(row.id))
    activity.record(uow, f"deployments.{kind}", f"{service.name} to {host.name}", service=service.name, commit=commit)
    return row


# -- what carrying out has to record ------------------------------------------------------------------------------------


def note(uow: UnitOfWork, deployment_id: int, **values: Any) -> None:
    """Keep what a phase came to, by column."""
    row = queries.get_deployment(uow.db, deployment_id).run
    for name, value in values.items():
        setattr(row, name, value)
    row.started_at = row.started_at or uow.now


def finish(uow: UnitOfWork, deployment_id: int, state: str, **values: Any) -> Listed:
    """Note how it ended; what was tried is told by a note of the commit, whether it came into service or not."""
    note(uow, deployment_id, state=state, finished_at=uow.now, **values)
    found = queries.get_deployment(uow.db, deployment_id)
    if state == "held":
        return found
    service = services.get_service(uow.db, found.service)
    repository = uow.refs.open(Path(service.path))
    tip = repository.tip(NOTES)
    repository.propose(NOTES, tip, noted(repository, tip, found, uow.actor.person, uow.now))
    activity.record(
        uow,
        "deployments.end",
        f"{found.service} on {found.host}",
        service=found.service,
        state=state,
        commit=found.run.commit,
    )
    return found
