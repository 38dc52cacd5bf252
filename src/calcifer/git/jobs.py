"""What is done to repositories outside a unit of work: fetch, push, look, follow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from calcifer.git import queries, service
from calcifer.git.looking import look
from calcifer.git.models import Listed
from calcifer.kit.git import packing, remotes
from calcifer.kit.journal import list_held
from calcifer.kit.workflows import JobContext, Jobs


def register(jobs: Jobs) -> None:
    """Say who does what."""
    jobs.register(service.FETCH, fetch)
    jobs.register(service.PUSH, push)
    jobs.register(service.REFRESH, refresh)
    jobs.register(service.FOLLOW, follow)
    jobs.register(service.REPACK, repack)


def fetch(job: JobContext) -> dict[str, Any]:
    """Ask origin of one service for what it has."""
    repository = _repository(job)
    remotes.fetch(Path(repository.path))
    _see(job, [repository.name])
    with job.units.write(job.actor) as uow:
        service.fetched(uow, repository.name)
        state = queries.get_state(uow.db, repository.name).state
        return {"ahead": state.ahead, "behind": state.behind} if state else {}


def push(job: JobContext) -> dict[str, Any]:
    """Bring main of one service to origin."""
    repository = _repository(job)
    path = Path(repository.path)
    try:
        done = remotes.push(path, repository.main_branch)
    except remotes.Diverged:
        remotes.fetch(path)  # so that people see what is there and not here
        _see(job, [repository.name])
        raise
    _see(job, [repository.name])
    with job.units.write(job.actor) as uow:
        service.pushed(uow, repository.name, done)
    return {"to": done.url, "before": done.old, "after": done.new}


def refresh(job: JobContext) -> dict[str, Any]:
    """Look at every repository, or at one."""
    return {"repositories": _see(job, None if job.subject == service.ALL else [job.subject], job.progress)}


def repack(job: JobContext) -> dict[str, Any]:
    """Pack the loose objects of one repository."""
    packing.repack(Path(_repository(job).path))
    return {}


def follow(job: JobContext) -> dict[str, Any]:
    """Try again what is held."""
    job.units.replay()
    with job.units.read(job.actor) as uow:
        return {"held": len(list_held(uow.db.connection()))}


def _repository(job: JobContext) -> Listed:
    with job.units.read(job.actor) as uow:
        return queries.get_state(uow.db, job.subject)


def _see(job: JobContext, names: list[str] | None, tell: Callable[[str], None] = lambda _: None) -> int:
    with job.units.read(job.actor) as uow:
        repositories = queries.list_repositories(uow.db, names)
        known = queries.open_branches(uow.db, names)
    seen = look(repositories, known, tell)
    with job.units.write(job.actor) as uow:
        service.saw(uow, seen)
    return len(seen)
