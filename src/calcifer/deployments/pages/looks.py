"""Looking at hosts: `/deployments/look`; what runs where, and what is wrong with it."""

from typing import Annotated

from fastapi import Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from calcifer.deployments import service
from calcifer.deployments.looks import LookedHost, LookOut, LookWish
from calcifer.deployments.pages.routes import router
from calcifer.deployments.queries.looks import list_looks
from calcifer.deployments.service.looks import JOB, UPDATES, find_look, known, of_machine
from calcifer.hosts import queries as hosts
from calcifer.kit import promises
from calcifer.kit.schemas import checked
from calcifer.kit.web import Paging, Reading, Writing, page, paged, to

Name = Annotated[str, Path(max_length=200)]
Field = Annotated[str, Form()]


@router.get("/look")
def looks(request: Request, uow: Reading, asked: Paging) -> HTMLResponse:
    """List hosts by name, with the count of what is wrong on each."""
    found = list_looks(uow.db, after=asked.after_name, limit=asked.limit + 1)
    rows, cursor = paged(found, asked, lambda row: [row[0].name])
    shown = [LookedHost.of(host, of_machine(host, look)) for host, look in rows]
    jobs = promises.list_jobs(uow.db, prefix=JOB, finished=False)
    return page(request, "deployments/looks.html", hosts=shown, cursor=cursor, busy={row.subject for row in jobs})


@router.post("/look", again="deployments.looks")
def look(request: Request, uow: Writing, host: Field = "", updates: Field = "") -> RedirectResponse:
    """Look at one host, or at all."""
    service.look(uow, checked(LookWish, hosts=[host] if host else []).hosts, updates=bool(updates))
    if host:
        return to(request, "deployments.looked", host=host, say="Looking.")
    return to(request, "deployments.looks", say="Looking at all hosts.")


@router.get("/look/{host}")
def looked(request: Request, uow: Reading, host: Name, asked: Paging) -> HTMLResponse:
    """Show what is wrong on a host, then what runs there."""
    found = hosts.get_host(uow.db, host)
    look = find_look(uow, found)
    shown = LookOut.whole(found, look, known(uow, look))
    # Sorted with the nameless last: a key that no name has, for the cursor.
    stacks = [one for one in shown.stacks if asked.after_name is None or key(one.name) > asked.after_name]
    rows, cursor = paged(stacks[: asked.limit + 1], asked, lambda one: [key(one.name)])
    job, asking = (promises.find_latest(uow.db, name, found.name) for name in (JOB, UPDATES))
    busy = any(one is not None and not one.finished for one in (job, asking))
    return page(
        request, "deployments/look.html", look=shown, stacks=rows, cursor=cursor, busy=busy, host=found, job=job
    )


def key(name: str) -> str:
    """Return by what a stack is sorted: its name, and what has none after all of them."""
    return name or "\U0010ffff"
