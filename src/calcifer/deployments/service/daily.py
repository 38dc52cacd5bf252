"""Every change to what is there already: started, stopped, restarted as it is, by whom, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from calcifer.accounts.permissions import require
from calcifer.activity import service as activity
from calcifer.deployments import resting, targets
from calcifer.deployments import shipping as ship
from calcifer.deployments.daily import LogWish, OperationWish
from calcifer.deployments.models import Deployment, Operation
from calcifer.deployments.queries import daily as queries
from calcifer.deployments.queries import runs as runs_queries
from calcifer.deployments.schemas import Place as Wanted
from calcifer.deployments.service.turns import OPERATE
from calcifer.hosts import queries as hosts
from calcifer.hosts.models import Host
from calcifer.hosts.reaching import Aim, connection
from calcifer.kit.errors import Conflict, Invalid, NotFound
from calcifer.kit.promises import JobRow, find_latest, promise
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as services
from calcifer.services.models import Service


class NothingThere(Conflict):
    """Nothing was ever deployed there."""


@dataclass(frozen=True)
class There:
    """A service at a target: how its host is reached, and what the rows say of it."""

    aim: Aim
    place: ship.Place
    project: str
    target: targets.Target
    service_id: int
    current: Deployment | None
    """The deployment that says which version is there."""
    latest: Deployment | None
    resting: dict[str, resting.Stopped]
    is_busy: bool

    @property
    def parts(self) -> list[str]:
        """The services of the compose files, as far as a deployment has told them."""
        return sorted(self.current.images) if self.current else []

    @property
    def stopped(self) -> str:
        """What is to be said of what was stopped on purpose."""
        return resting.sentence(self.resting, self.parts)


def restart(uow: UnitOfWork, wish: OperationWish) -> Operation:
    """Promise to restart what runs at a target, or the named services of it: with the same images and files."""
    require(uow.actor, "deployments.restart")
    return _begin(uow, wish, "restart", "deployments.restart")


def stop(uow: UnitOfWork, wish: OperationWish) -> Operation:
    """Promise to stop it; it stays stopped until somebody starts or deploys it."""
    require(uow.actor, "deployments.stop")
    return _begin(uow, wish, "stop", "deployments.stop")


def start(uow: UnitOfWork, wish: OperationWish) -> Operation:
    """Promise to start what was stopped."""
    require(uow.actor, "deployments.start")
    return _begin(uow, wish, "start", "deployments.start")


def there(uow: UnitOfWork, wanted: Wanted, var: Path) -> There:
    """Return what is known of a service at a target, from the rows alone."""
    service, target, host = _meant(uow, wanted)
    latest = runs_queries.find_latest(uow.db, service.id, host.id)
    in_service = runs_queries.list_in_service(uow.db, [service.id])
    current = in_service.get((service.id, host.name))
    aim = Aim.of(host)
    directory = latest.directory if latest else target.directory
    place = ship.Place(connection(aim, var), service.name, directory, host.directory, service.folder)
    done = queries.list_done(uow.db, in_service, host.id).get((service.id, host.name), ())
    since = current.finished_at if current else None
    still = resting.stopped(done, current.images if current else [], since)
    busy = any(queries.list_unfinished(uow.db, service.id, host.id))
    project = latest.project if latest else ""
    return There(aim, place, project, target, service.id, current, latest, still, busy)


def may_read_logs(uow: UnitOfWork, wish: LogWish, var: Path) -> There:
    """Return where logs are to be read; they may say what is secret: whoever may do nothing there may not read them."""
    require(uow.actor, "deployments.logs")
    return asked(there(uow, wish, var))


def asked(found: There) -> There:
    """Return it where there is something to be asked; NothingThere else."""
    if not found.project:
        raise NothingThere(
            f"Nothing of {found.place.service} was deployed to {found.aim.name} yet.",
            mend=f"calcifer deploy {found.place.service} --to {found.target.name}",
        )
    return found


def job_of(uow: UnitOfWork, operation_id: int) -> JobRow:
    """Return the job that carries an operation out, or did."""
    row = find_latest(uow.db, OPERATE, str(operation_id))
    if row is None:
        raise NotFound(f"Operation {operation_id} has no job any more.")
    return row


def _meant(uow: UnitOfWork, wanted: Wanted) -> tuple[Service, targets.Target, Host]:
    service = services.get_service(uow.db, wanted.service)
    target = targets.choose(service, wanted.to)
    host = hosts.find_host(uow.db, target.host)
    if host is None or host.replaced_at is not None:
        raise Invalid(
            f"{service.name} is meant to run on {target.host}, and there is no such host.",
            fields={"to": f"There is no host '{target.host}'."},
            mend=f"calcifer hosts add {target.host} SSH-TARGET",
        )
    return service, target, host


def _begin(uow: UnitOfWork, wish: OperationWish, verb: str, word: str) -> Operation:
    service, target, host = _meant(uow, wish)
    latest = runs_queries.find_latest(uow.db, service.id, host.id)
    if latest is None or not latest.project:
        raise NothingThere(
            f"Nothing of {service.name} was deployed to {host.name} yet: there is nothing to {verb}.",
            mend=f"calcifer deploy {service.name} --to {target.name}",
        )
    current = runs_queries.list_in_service(uow.db, [service.id]).get((service.id, host.name))
    known = current.images if current else {}
    unknown = [part for part in wish.parts if known and part not in known]
    if unknown:
        raise Invalid.field(
            "parts", f"{service.name} has no '{unknown[0]}' on {host.name}. It has {', '.join(sorted(known))}."
        )
    row = Operation(
        service_id=service.id, host_id=host.id, target=target.name, verb=verb, parts=list(dict.fromkeys(wish.parts)),
        actor_name=uow.actor.name, person_id=uow.actor.person_id, made_at=uow.now,
    )  # fmt: skip
    uow.db.add(row)
    uow.db.flush()
    promise(uow, OPERATE, str(row.id))
    activity.record(
        uow, word, f"{service.name} on {host.name}", service=service.name, operation=row.id, containers=row.parts
    )
    return row


# -- what carrying out has to record ------------------------------------------------------------------------------------


def note(uow: UnitOfWork, operation_id: int, **values: Any) -> None:
    """Keep how far it is, by column."""
    row = queries.get_operation(uow.db, operation_id).row
    for name, value in values.items():
        setattr(row, name, value)
    row.started_at = row.started_at or uow.now


def ended(uow: UnitOfWork, operation_id: int, *, verdict: str | None, error: str | None, mend: str | None) -> datetime:
    """Note how it ended."""
    found = queries.get_operation(uow.db, operation_id)
    state = "failed" if error else "done"
    note(uow, operation_id, state=state, verdict=verdict, error=error, mend=mend, finished_at=uow.now)
    activity.record(
        uow, "deployments.operated", f"{found.service} on {found.host}", service=found.service, what=found.row.verb,
        state=state, containers=found.row.parts,
    )  # fmt: skip
    return uow.now
