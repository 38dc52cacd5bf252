"""Hosts for programs: `/api/v1/hosts`."""

from typing import Annotated

from fastapi import Path, Request, Response

from calcifer.hosts import queries, service
from calcifer.hosts.schemas import HostChanges, HostJobOut, HostOut, NewHost, NewPin, Replacement, Wish
from calcifer.kit.web import Api, Id, Listing, Paging, Reading, Writing, paged

router = Api("hosts")
Name = Annotated[str, Path(max_length=200)]


@router.get("")
def list_hosts(uow: Reading, asked: Paging) -> Listing[HostOut]:
    """List hosts by name, replaced ones included."""
    found = queries.list_hosts(uow.db, after=asked.after_name, limit=asked.limit + 1)
    rows, following = paged(found, asked, lambda host: [host.name])
    return Listing(items=[HostOut.of(row) for row in rows], next=following)


@router.post("/add", status_code=202)
def add(uow: Writing, data: NewHost) -> HostJobOut:
    """Reach a machine, pin its key and list it; how that goes is at `/api/v1/hosts/jobs/{id}`."""
    return HostJobOut.of(service.add(uow, data))


@router.post("/check", status_code=202)
def check(uow: Writing, data: Wish) -> HostJobOut:
    """Look at a host, or at all: what it lacks, and its facts. Nothing on it is changed."""
    return HostJobOut.of(service.check(uow, data.name))


@router.get("/jobs/{job_id}")
def get_host_job(uow: Reading, job_id: Id) -> HostJobOut:
    """Say how an enrolment, a check or a pin goes, or how it went."""
    return HostJobOut.of(service.get_host_job(uow, job_id))


@router.get("/{name}")
def get_host(uow: Reading, name: Name) -> HostOut:
    """Tell what is known of a host."""
    return HostOut.of(queries.get_host(uow.db, name))


@router.post("/{name}/edit")
def edit(request: Request, uow: Writing, name: Name, data: HostChanges) -> HostOut:
    """Change where a host is reached, where services lie on it, its note, or whose it is."""
    return HostOut.of(service.edit(uow, request.app.state.wiring.settings.var, name, data))


@router.post("/{name}/pin", status_code=202)
def pin(uow: Writing, name: Name, data: NewPin) -> HostJobOut:
    """Pin the key with this fingerprint, where the host shows that one."""
    return HostJobOut.of(service.pin(uow, name, data.fingerprint))


@router.post("/{name}/replace")
def replace(request: Request, uow: Writing, name: Name, data: Replacement) -> HostOut:
    """Let the machine of another host take this name, and all that refers to it."""
    return HostOut.of(service.replace(uow, request.app.state.wiring.settings.var, name, data.by))


@router.post("/{name}/remove", status_code=204)
def remove(request: Request, uow: Writing, name: Name) -> Response:
    """Forget a host; nothing on it is changed."""
    service.remove(uow, request.app.state.wiring.settings.var, name)
    return Response(status_code=204)
