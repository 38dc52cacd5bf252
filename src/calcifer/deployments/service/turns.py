"""Whose turn it is: of a service on a host one thing happens at a time, in the order in which it was asked for."""

from collections.abc import Callable

from calcifer.deployments.queries import daily as queries
from calcifer.deployments.service.runs import JOB
from calcifer.kit.errors import Unavailable
from calcifer.kit.promises import JobRow, find_latest
from calcifer.kit.uow import Actor, UnitOfWork, Units

OPERATE = "deployments.operate"
Wait = Callable[[int], JobRow]


def find_first(uow: UnitOfWork, service_id: int, host_id: int, job_id: int) -> tuple[JobRow, str] | None:
    """Return the job that the job `job_id` has to wait for, and what it is; None where it is its turn."""
    deployments, operations = queries.list_unfinished(uow.db, service_id, host_id)
    waiting = [(JOB, number, "deployment") for number in deployments]
    waiting += [(OPERATE, number, "operation") for number in operations]
    found = [(find_latest(uow.db, name, str(number)), f"{what} {number}") for name, number, what in waiting]
    ahead = [(job, what) for job, what in found if job is not None and not job.finished and job.id < job_id]
    return min(ahead, key=lambda one: one[0].id, default=None)


def wait(
    units: Units, actor: Actor, place: tuple[int, int], job_id: int, waited: Wait, told: Callable[[str], None]
) -> None:
    """Wait until it is the turn of the job `job_id` at `place` (ids of service and host), outside of any unit of work.

    Raises Unavailable where the one ahead waits itself until something is tried again: so does this one then, and lets others run.
    """
    while True:
        with units.read(actor) as uow:
            first = find_first(uow, *place, job_id)
        if first is None:
            return
        job, what = first
        told(f"Waiting for {what} of {job.actor_name}")
        if not waited(job.id).finished:
            raise Unavailable(
                f"{what.capitalize()} of {job.actor_name} comes first, and waits until it is tried again."
            )
