"""Git over all services for programs: `/api/v1/git`."""

from typing import Annotated, Literal

from fastapi import Path, Query

from calcifer.git import queries, service
from calcifer.git.schemas import HeldOut, Names, StateOut
from calcifer.kit import promises
from calcifer.kit.errors import NotFound
from calcifer.kit.journal import list_held
from calcifer.kit.promises import JobOut
from calcifer.kit.web import Api, Id, Listing, Paging, Reading, Writing, paged

router = Api("git")
Only = Literal["", "dirty", "ahead", "behind", "diverged", "strays", "local", "broken", "unknown"]


@router.get("")
def status(uow: Reading, asked: Paging, only: Annotated[Only, Query()] = "") -> Listing[StateOut]:
    """List repositories as they were last seen, by the name of their service."""
    found = queries.list_states(uow.db, only=only, after=asked.after_name, limit=asked.limit + 1)
    rows, cursor = paged(found, asked, lambda row: [row.name])
    return Listing(items=[StateOut.of(row) for row in rows], next=cursor)


@router.get("/services/{name}")
def repository(uow: Reading, name: Annotated[str, Path(max_length=200, examples=["wireguard-vpn"])]) -> StateOut:
    """Return one repository as it was last seen."""
    return StateOut.of(queries.get_state(uow.db, name))


@router.get("/held")
def held(uow: Reading) -> list[HeldOut]:
    """List what waits because something is in the way of a checkout."""
    return [HeldOut.model_validate(row) for row in list_held(uow.db.connection())]


@router.get("/jobs")
def jobs(uow: Reading) -> list[JobOut]:
    """List the latest 50 jobs of this domain, newest first."""
    return [JobOut.model_validate(row) for row in promises.list_jobs(uow.db, prefix="git.")]


@router.get("/jobs/{job_id}")
def job(uow: Reading, job_id: Id) -> JobOut:
    """Return one job: how far it is, how it ended."""
    row = promises.get_job(uow.db, job_id)
    if not row.name.startswith("git."):
        raise NotFound(f"There is no job {job_id} here.")
    return JobOut.model_validate(row)


@router.post("/fetch", status_code=202)
def fetch(uow: Writing, data: Names) -> list[JobOut]:
    """Bring what is at origin here; no branch of ours moves."""
    return [JobOut.model_validate(row) for row in service.fetch(uow, data.services)]


@router.post("/push", status_code=202)
def push(uow: Writing, data: Names) -> list[JobOut]:
    """Bring main to origin, never by force; without names where it is elsewhere."""
    return [JobOut.model_validate(row) for row in service.push(uow, data.services)]


@router.post("/refresh", status_code=202)
def refresh(uow: Writing) -> JobOut:
    """Look at every repository again."""
    return JobOut.model_validate(service.refresh(uow))


@router.post("/repack", status_code=202)
def repack(uow: Writing, data: Names) -> list[JobOut]:
    """Pack loose objects; nothing is dropped."""
    return [JobOut.model_validate(row) for row in service.repack(uow, data.services)]


@router.post("/follow", status_code=202)
def follow(uow: Writing) -> JobOut:
    """Try again what is held."""
    return JobOut.model_validate(service.follow(uow))
