"""Work that began elsewhere goes on as an item: a branch that is there, or an open request of the forge.

The item's own branch begins at that commit; the other branch stays as it is. A request is asked for and fetched by a job.
"""

import json
from pathlib import Path
from typing import Any

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit.asking import checked_token
from calcifer.kit.errors import Conflict, NotFound
from calcifer.kit.git import remotes
from calcifer.kit.git.credentials import Credential
from calcifer.kit.git.remotes import ORIGIN
from calcifer.kit.lending import borrowed, lend
from calcifer.kit.promises import JobRow, get_job, list_jobs, promise
from calcifer.kit.uow import UnitOfWork
from calcifer.kit.workflows import JobContext
from calcifer.services import forges
from calcifer.services import queries as catalog
from calcifer.services.forges import Forge
from calcifer.services.models import Service
from calcifer.work import queries, taking
from calcifer.work.models import Item
from calcifer.work.schemas import NewItem
from calcifer.work.service.items import open as open_item
from calcifer.work.service.storing import main_of, repository_of
from calcifer.work.taking import Candidate
from calcifer.work.takings import RequestOut, Take, TakeRequest

FIND_REQUESTS = "work.find_requests"
TAKE_REQUEST = "work.take_request"
LOOK = 200


def take(uow: UnitOfWork, new: Take) -> Item:
    """Open an item that goes on where a branch stands; that branch is not touched, nor forgotten."""
    permissions.require(uow.actor, "work.take")
    service = catalog.get_service(uow.db, new.service)
    head = taking.resolved(repository_of(uow, service), new.branch)
    there = _going_on(uow, service, head)
    if there:
        raise Conflict(f"#{there} has these commits already.", mend=f"calcifer work show {there}")
    return _opened(uow, service, new, head, f"'{new.branch}'")


def _going_on(uow: UnitOfWork, service: Service, head: str) -> int | None:
    """Return the open item whose branch has the commit and main has not, or None."""
    repository = repository_of(uow, service)
    if repository.contains(main_of(repository, service), head):
        return None
    tips = ((number, repository.branch(branch)) for number, branch in queries.list_heads(uow.db, service.id))
    return next((number for number, tip in tips if tip and repository.contains(tip, head)), None)


def _opened(uow: UnitOfWork, service: Service, new: Take, head: str, words: str) -> Item:
    repository = repository_of(uow, service)
    main = main_of(repository, service)
    taking.checked_head(repository, head, main, words)
    title = new.title or taking.as_title(taking.first_subject(repository, head, main), new.branch[:200])
    opened = NewItem(
        title=title,
        reason=new.reason,
        category=new.category,
        action=new.action,
        service=service.name,
        assignee=new.assignee,
    )
    item = open_item(uow, opened, start=head)
    activity.record(
        uow, "work.take", f"#{item.number} {words}", service=service.name, item_number=item.number, head=head
    )
    return item


def branches(uow: UnitOfWork, name: str) -> list[Candidate]:
    """Return the branches of a service that can be taken up, here and at origin."""
    service = catalog.get_service(uow.db, name)
    repository = repository_of(uow, service)
    owned = [branch for _, branch in queries.list_heads(uow.db, service.id)]
    return taking.candidates(repository, main_of(repository, service), service.main_branch, owned)


# -- requests of a forge: promised here, asked and fetched by a job ------------------------------------------------------


def find_requests(uow: UnitOfWork, var: Path, name: str, token: str | None = None, forge: str | None = None) -> JobRow:
    """Promise to ask the forge that a service's origin lies on for its open requests; the job's result has them."""
    permissions.require(uow.actor, "work.find_requests")
    token = checked_token(token)
    service = catalog.get_service(uow.db, name)
    _address(service, forge)
    row = promise(uow, FIND_REQUESTS, json.dumps([service.name, forge, bool(token)]))
    lend(uow, var, row, token)
    activity.record(uow, FIND_REQUESTS, service.name, service=service.name)
    return row


def take_request(uow: UnitOfWork, var: Path, new: TakeRequest) -> JobRow:
    """Promise to open an item of a request: its title and text become title and reason, its head the head of the branch."""
    permissions.require(uow.actor, "work.take_request")
    token = checked_token(new.token.get_secret_value() if new.token else None)
    service = catalog.get_service(uow.db, new.service)
    _address(service, new.forge)
    wanted = new.model_dump(exclude={"token"})
    row = promise(uow, TAKE_REQUEST, json.dumps([wanted, bool(token)]))
    lend(uow, var, row, token)
    activity.record(uow, TAKE_REQUEST, f"{service.name} {new.number}", service=service.name)
    return row


def list_requests(uow: UnitOfWork, name: str) -> tuple[JobRow | None, list[RequestOut]]:
    """Return the last asking for requests of a service, with what was answered."""
    asked = list_jobs(uow.db, prefix=FIND_REQUESTS, limit=LOOK)
    row = next((row for row in asked if json.loads(row.subject)[0] == name), None)
    found = (row.result or {}).get("requests", []) if row else []
    return row, [RequestOut.model_validate(one) for one in found]


def get_asked(uow: UnitOfWork, job_id: int) -> JobRow:
    """Return the job of a question to a forge; NotFound where there is none."""
    row = get_job(uow.db, job_id)
    if row.name not in {FIND_REQUESTS, TAKE_REQUEST}:
        raise NotFound(f"There is no question {job_id} to a forge.")
    return row


def carry_out_find(job: JobContext, var: Path) -> dict[str, Any]:
    """Ask for the open requests."""
    name, said, has_token = json.loads(job.subject)
    with job.units.read(job.actor) as uow:
        permissions.require(uow.actor, "work.find_requests")
        address = _address(catalog.get_service(uow.db, name), said)
    with borrowed(job, var, is_needed=has_token) as token:
        forge, path = forges.at(address, None, token)
        found = forge.requests(path)
    return {"kind": forge.kind, "requests": [RequestOut.of(one).model_dump() for one in found]}


def carry_out_take(job: JobContext, var: Path) -> dict[str, Any]:
    """Ask for one request, fetch its head, and open the item."""
    wanted, has_token = json.loads(job.subject)
    new = TakeRequest.model_validate(wanted)
    with job.units.read(job.actor) as uow:
        permissions.require(uow.actor, "work.take_request")
        service = catalog.get_service(uow.db, new.service)
        address, repository = _address(service, new.forge), Path(service.path)
    with borrowed(job, var, is_needed=has_token) as token:
        forge, path = forges.at(address, None, token)
        request = forge.request(path, new.number)
        if not request.is_open:
            raise Conflict(f"Request {new.number} of {new.service} is not open any more.")
        into = f"refs/remotes/{ORIGIN}/{forge.request_ref(new.number).removeprefix('refs/').removesuffix('/head')}"
        head = remotes.fetch_ref(repository, forge.request_ref(new.number), into, _credential(forge, token))
    taken = Take(
        service=new.service,
        branch=f"request {new.number}",
        reason=new.reason or taking.as_reason(request, forge.kind),
        title=new.title or taking.as_title(request.title, f"Request {new.number}"),
        category=new.category,
        action=new.action,
        assignee=new.assignee,
    )
    with job.units.write(job.actor) as uow:
        permissions.require(uow.actor, "work.take_request")
        service = catalog.get_service(uow.db, new.service)
        # One that was killed after its unit begins again: what it has opened is there.
        there = _going_on(uow, service, head)
        return {"number": there or _opened(uow, service, taken, head, f"request {new.number}").number}


def _credential(forge: Forge, token: str | None) -> Credential | None:
    place = "/".join(forge.base.split("/")[:3])
    return Credential(place, token, forge.user) if token else None


def _address(service: Service, said: str | None) -> forges.Address:
    address = forges.forge_of_origin(remotes.origin(Path(service.path)), said)
    if "/" not in address.path:
        raise Conflict(f"The origin of {service.name} names no repository of a forge: {address.path or 'no path'}.")
    return address
