"""Looking at hosts: `/api/v1/deployments/look`."""

from typing import Annotated

from fastapi import Path

from calcifer.deployments import service
from calcifer.deployments.api.routes import router
from calcifer.deployments.looks import LookedHost, LookJobOut, LookOut, LookWish
from calcifer.deployments.queries.looks import list_looks
from calcifer.deployments.service.looks import find_look, find_look_job, known, of_machine
from calcifer.hosts import queries as hosts
from calcifer.kit.web import Id, Listing, Paging, Reading, Writing, paged

Name = Annotated[str, Path(max_length=200, examples=["alpha"])]


@router.post("/look", status_code=202)
def look(uow: Writing, data: LookWish) -> Listing[LookJobOut]:
    """Look at what runs on hosts; how it goes is at `/api/v1/deployments/look/jobs/{id}`. Nothing on them is changed."""
    return Listing(items=[LookJobOut.of(row) for row in service.look(uow, data.hosts, updates=data.updates)])


@router.get("/look")
def list_looked(uow: Reading, asked: Paging) -> Listing[LookedHost]:
    """List hosts by name, with the count of what is wrong on each."""
    rows, following = paged(
        list_looks(uow.db, after=asked.after_name, limit=asked.limit + 1), asked, lambda row: [row[0].name]
    )
    return Listing(items=[LookedHost.of(host, of_machine(host, found)) for host, found in rows], next=following)


@router.get("/look/jobs/{job_id}")
def get_look_job(uow: Reading, job_id: Id) -> LookJobOut:
    """Say how a look goes, or how it went."""
    return LookJobOut.of(find_look_job(uow, job_id))


@router.get("/look/{host}")
def get_look(uow: Reading, host: Name) -> LookOut:
    """Tell what was seen on a host when it was looked at last: what is wrong, and what runs there from which files."""
    found = hosts.get_host(uow.db, host)
    look = find_look(uow, found)
    return LookOut.whole(found, look, known(uow, look))
