"""Looking at a host: read what is to be known before, talk to it, record what was seen."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from calcifer.deployments.looking import asking, registries
from calcifer.deployments.service.looks import JOB, UPDATES, find_look, looked, prepare
from calcifer.hosts import queries as hosts
from calcifer.hosts import reaching
from calcifer.kit.promises import find_latest
from calcifer.kit.workflows import JobContext, Jobs
from calcifer.updates import rounds


def register(jobs: Jobs, var: Path, plain: Collection[str] = ()) -> None:
    """Register the jobs for the workspace with the directory `var`; `plain` are registries that are asked without TLS."""
    jobs.register(JOB, lambda job: look(job, var))
    jobs.register(UPDATES, lambda job: look_updates(job, jobs, plain))


def look(job: JobContext, var: Path) -> dict[str, Any]:
    """Look at one host; where it is not reached, that is what is recorded."""
    reaching.write_known_hosts(job.units, job.actor, var)
    with job.units.read(job.actor) as uow:
        aim, services, named = prepare(uow, job.subject)
    job.progress(f"Looking at {aim.name}")
    done = asking.look(aim, var, services, named)
    with job.units.write(job.actor) as uow:
        row = looked(uow, done)
        problems = row.problems if row is not None else 0
    return {"host": aim.name, "unreached": done.error is not None, "problems": problems}


def look_updates(job: JobContext, jobs: Jobs, plain: Collection[str]) -> dict[str, Any]:
    """Ask registries for the images that the look saw which was promised with this."""
    with job.units.read(job.actor) as uow:
        before = find_latest(uow.db, JOB, job.subject)
    if before is not None:
        jobs.wait(before.id, job.progress)
    with job.units.read(job.actor) as uow:
        seen = find_look(uow, hosts.get_host(uow.db, job.subject))
        wanted = registries.references(seen.content) if seen is not None else []
    result = rounds.ask(job, plain, None, wanted) if wanted else {"asked": 0, "unanswered": 0}
    return result | {"host": job.subject}
