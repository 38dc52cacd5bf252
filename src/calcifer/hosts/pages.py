"""Hosts for people: `/hosts`."""

from typing import Annotated, Any

from fastapi import Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from calcifer.accounts.permissions import may
from calcifer.hosts import queries, service
from calcifer.hosts.reaching import LOOK
from calcifer.hosts.schemas import HostChanges, HostJobOut, NewHost, NewPin, Replacement, Wish
from calcifer.kit import promises
from calcifer.kit.schemas import checked
from calcifer.kit.web import Id, Pages, Paging, Reading, Writing, page, paged, to

router = Pages("hosts")
Name = Annotated[str, Path(max_length=200)]
Field = Annotated[str, Form()]


@router.get("")
def hosts(request: Request, uow: Reading, asked: Paging) -> HTMLResponse:
    """List hosts by name."""
    found = queries.list_hosts(uow.db, after=asked.after_name, limit=asked.limit + 1)
    rows, cursor = paged(found, asked, lambda host: [host.name])
    jobs = promises.list_jobs(uow.db, prefix="hosts.", finished=False)
    return page(request, "hosts/list.html", hosts=rows, cursor=cursor, jobs=jobs, may_add=may(uow.actor, "hosts.add"))


@router.get("/add")
def add_form(request: Request) -> HTMLResponse:
    """Ask which machine."""
    return page(request, "hosts/add.html")


@router.post("/add", again="hosts.add_form")
def add(
    request: Request, uow: Writing, name: Field = "", target: Field = "", directory: Field = "", note: Field = ""
) -> RedirectResponse:
    """Reach a machine, and enrol it."""
    data = checked(NewHost, name=name, target=target, directory=directory, note=note)
    return to(request, "hosts.job", job_id=service.add(uow, data).id)


@router.post("/check", again="hosts.hosts")
def check(request: Request, uow: Writing, name: Field = "") -> RedirectResponse:
    """Look at one host, or at all."""
    service.check(uow, checked(Wish, name=name or None).name)
    if name:
        return to(request, "hosts.host", name=name, say="Looking.")
    return to(request, "hosts.hosts", say="Looking at all hosts.")


@router.get("/jobs/{job_id}")
def job(request: Request, uow: Reading, job_id: Id) -> HTMLResponse:
    """Show how an enrolment or a pin goes; the page comes again by itself until that is known."""
    return page(request, "hosts/job.html", job=HostJobOut.of(service.get_host_job(uow, job_id)))


@router.get("/{name}")
def host(request: Request, uow: Reading, name: Name) -> HTMLResponse:
    """Show one host: what it lacks, what it is, how it is reached."""
    found = queries.get_host(uow.db, name)
    others = [other.name for other in queries.list_present(uow.db) if other.id != found.id]
    kind = (found.key_type or "").lower()
    shown: dict[str, Any] = {"others": others, "look": LOOK.format(kind=kind), "may_edit": may(uow.actor, "hosts.edit")}
    latest = [promises.find_latest(uow.db, service.CHECK, subject) for subject in (name, service.ALL)]
    busy = any(row is not None and not row.finished for row in latest)
    return page(request, "hosts/host.html", host=found, busy=busy, **shown)


@router.get("/{name}/edit")
def edit_form(request: Request, uow: Reading, name: Name) -> HTMLResponse:
    """Ask what is to be changed."""
    return page(request, "hosts/edit.html", host=queries.get_host(uow.db, name))


@router.post("/{name}/edit", again="hosts.edit_form")
def edit(
    request: Request,
    uow: Writing,
    name: Name,
    target: Field = "",
    directory: Field = "",
    note: Field = "",
    owner: Field = "",
) -> RedirectResponse:
    """Change a host."""
    changes = checked(HostChanges, target=target, directory=directory, note=note, owner=owner)
    service.edit(uow, request.app.state.wiring.settings.var, name, changes)
    return to(request, "hosts.host", name=name, say="Saved.")


@router.post("/{name}/pin", again="hosts.host")
def pin(request: Request, uow: Writing, name: Name, fingerprint: Field = "") -> RedirectResponse:
    """Pin another key."""
    row = service.pin(uow, name, checked(NewPin, fingerprint=fingerprint).fingerprint)
    return to(request, "hosts.job", job_id=row.id)


@router.post("/{name}/replace", again="hosts.host")
def replace(request: Request, uow: Writing, name: Name, by: Field = "") -> RedirectResponse:
    """Let another machine take the name."""
    service.replace(uow, request.app.state.wiring.settings.var, name, checked(Replacement, by=by).by)
    return to(request, "hosts.host", name=name, say=f"{name} is the machine now that was called {by}.")


@router.post("/{name}/remove", again="hosts.host")
def remove(request: Request, uow: Writing, name: Name) -> RedirectResponse:
    """Forget a host."""
    service.remove(uow, request.app.state.wiring.settings.var, name)
    return to(request, "hosts.hosts", say=f"{name} is forgotten. Nothing on it was changed.")
