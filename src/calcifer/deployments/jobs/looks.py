"""Looking at a host: read what is to be known before, talk to it, record what was seen."""

from pathlib import Path
from typing import Any

from calcifer.deployments.looking import asking
from calcifer.deployments.service.looks import JOB, looked, prepare
from calcifer.hosts import reaching
from calcifer.kit.workflows import JobContext, Jobs


def register(jobs: Jobs, var: Path) -> None:
    """Register the job for the workspace with the directory `var`."""
    jobs.register(JOB, lambda job: look(job, var))


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
