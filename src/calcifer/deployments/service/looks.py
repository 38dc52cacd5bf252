"""Looking at hosts: the promise to do it, and what it came to."""

from collections.abc import Iterator, Sequence

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.deployments import resting
from calcifer.deployments.looking import judging, registries
from calcifer.deployments.looking.asking import Looked, adopting, machine
from calcifer.deployments.models import Look
from calcifer.deployments.queries import daily, runs
from calcifer.deployments.queries import looks as queries
from calcifer.hosts import queries as hosts
from calcifer.hosts.models import Host
from calcifer.hosts.reaching import Aim
from calcifer.kit.errors import Conflict, NotFound
from calcifer.kit.promises import JobRow, get_job, promise
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as services
from calcifer.services.rows import Stored
from calcifer.updates import queries as registry_queries
from calcifer.updates.models import Image

JOB = "deployments.look"
UPDATES = "deployments.look_updates"


def look(uow: UnitOfWork, names: Sequence[str] = (), *, updates: bool = False) -> list[JobRow]:
    """Promise to look at what runs on hosts, or on all of them: a job each. Nothing on a host is changed.

    With `updates` registries are asked for what was seen, once it was: another job each.
    """
    permissions.require(uow.actor, "deployments.look")
    wanted = [_present(uow, name) for name in dict.fromkeys(names)] if names else hosts.list_present(uow.db)
    for host in wanted:
        activity.record(uow, "deployments.look", host.name)
    jobs = [promise(uow, JOB, host.name) for host in wanted]
    return jobs + [promise(uow, UPDATES, host.name) for host in wanted if updates]


def find_look_job(uow: UnitOfWork, job_id: int) -> JobRow:
    """Return the job of a look; NotFound where there is none."""
    row = get_job(uow.db, job_id)
    if row.name not in {JOB, UPDATES}:
        raise NotFound(f"There is no look {job_id}.")
    return row


def find_look(uow: UnitOfWork, host: Host) -> Look | None:
    """Return the last look at the machine that a host is now, with its content; None where nobody has looked at that one."""
    return of_machine(host, queries.find_look(uow.db, host.id))


def known(uow: UnitOfWork, look: Look | None) -> dict[str, Image]:
    """Return what registries have of the images that a look saw."""
    wanted = {one.name for one in registries.references(look.content)} if look else set()
    return registry_queries.list_images(uow.db, wanted) if wanted else {}


def of_machine(host: Host, found: Look | None) -> Look | None:
    """Return a look where it is of the machine that the host is now."""
    return found if found is not None and found.machine == machine(Aim.of(host)) else None


def _present(uow: UnitOfWork, name: str) -> Host:
    host = hosts.get_host(uow.db, name)
    if host.replaced_at is not None:
        raise Conflict(f"{name} was replaced by another machine, and is listed for the record alone.")
    return host


# -- what the job needs, and has to record ------------------------------------------------------------------------------


def prepare(uow: UnitOfWork, name: str) -> tuple[Aim, list[Stored], dict[str, list[str]]]:
    """Return how a host is reached, the services that may lie on it, and which directories there their descriptors name."""
    there = [service for service in services.list_stored(uow.db) if service.missing_since is None]
    named = {
        service: [one["directory"] for one in targets if one["host"] == name and one.get("directory")]
        for service, targets in services.list_targets(uow.db)
    }
    return Aim.of(_present(uow, name)), there, named


def _stopped(uow: UnitOfWork, host: Host) -> Iterator[tuple[str, str]]:
    """Yield what somebody stopped on purpose on a host: project, and service of its compose files."""
    there = runs.list_in_service(uow.db, daily.list_operated(uow.db, host.id))
    done = daily.list_done(uow.db, there, host.id)
    for place, run in there.items():
        still = resting.stopped(done.get(place, ()), run.images, run.finished_at)
        yield from ((run.project, part) for part in still)


def looked(uow: UnitOfWork, done: Looked) -> Look | None:
    """Keep what a look came to; None where the host was removed or became another machine meanwhile."""
    host = hosts.find_host(uow.db, done.aim.name)
    if host is None or machine(Aim.of(host)) != machine(done.aim):
        return None
    row = queries.find_look(uow.db, host.id)
    if row is None or row.machine != machine(done.aim):
        if row is not None:
            uow.db.delete(row)
            uow.db.flush()  # its key is free from here on
        row = Look(host_id=host.id, machine=machine(done.aim), problems=0, content={})
        uow.db.add(row)
    if done.seen is None:
        assert done.error
        row.error, row.mend = done.error.message, done.error.mend
        return row
    content = judging.judge(
        done.seen,
        root=host.directory,
        adopting=lambda directory: adopting(done.aim, directory),
        compared=done.compared,
        elsewhere=queries.list_claims(uow.db, host.id),
        stopped=frozenset(_stopped(uow, host)),
    )
    row.content, row.seen_at, row.error, row.mend = content, uow.now, None, None
    row.problems = content["counts"]["bad"] + content["counts"]["warn"]
    return row
