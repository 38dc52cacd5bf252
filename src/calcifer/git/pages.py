"""Git over all services for people: `/git`."""

from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from calcifer.git import queries, service
from calcifer.git.schemas import StateOut
from calcifer.kit import promises
from calcifer.kit.errors import Invalid
from calcifer.kit.journal import list_held
from calcifer.kit.promises import JobRow
from calcifer.kit.schemas import Line
from calcifer.kit.web import Pages, Paging, Reading, Writing, page, paged, to

router = Pages("git")
Service = Annotated[Line | None, Form()]
LABELS = {
    "": "All", "dirty": "Edited", "ahead": "Ahead", "behind": "Behind", "diverged": "Diverged",
    "strays": "Stray branches", "local": "No origin", "broken": "Broken", "unknown": "Not seen yet",
}  # fmt: skip


@router.get("")
def status(
    request: Request, uow: Reading, asked: Paging, only: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """List repositories as they were last seen."""
    if only not in LABELS:
        raise Invalid.field("only", "There is no such filter: choose one of those shown.")
    found = queries.list_states(uow.db, only=only, after=asked.after_name, limit=asked.limit + 1)
    rows, cursor = paged(found, asked, lambda row: [row.name])
    counts = queries.count_states(uow.db)
    jobs, held = _unfinished(uow), list_held(uow.db.connection())
    shown = [
        (label, name, counts.get(name)) for name, label in LABELS.items() if not name or counts[name] or name == only
    ]
    return page(request, "git/status.html", rows=rows, cursor=cursor, only=only, tabs=shown, jobs=jobs, held=held)


@router.get("/jobs")
def jobs(request: Request, uow: Reading) -> HTMLResponse:
    """Show what is being done, as a part of a page that replaces itself."""
    return page(
        request, "git/jobs.html", jobs=_unfinished(uow), latest=promises.list_jobs(uow.db, prefix="git.", limit=20)
    )


@router.get("/services/{name}")
def repository(request: Request, uow: Reading, name: str) -> HTMLResponse:
    """Show one repository: checkouts, branches without an item, remotes."""
    shown = StateOut.of(queries.get_state(uow.db, name))
    ended = [promises.find_latest(uow.db, job, shown.service) for job in (service.FETCH, service.PUSH, service.REPACK)]
    return page(request, "git/repository.html", state=shown, ended=[row for row in ended if row], jobs=_unfinished(uow))


@router.post("/fetch")
def fetch(request: Request, uow: Writing, service_name: Service = None) -> RedirectResponse:
    """Bring what is at origin here."""
    rows = service.fetch(uow, [service_name] if service_name else None)
    return _back(request, service_name, f"Fetching: {len(rows)}.")


@router.post("/push")
def push(request: Request, uow: Writing, service_name: Service = None) -> RedirectResponse:
    """Bring main to origin."""
    rows = service.push(uow, [service_name] if service_name else None)
    return _back(request, service_name, f"Pushing: {len(rows)}." if rows else "Every origin has what is here.")


@router.post("/refresh")
def refresh(request: Request, uow: Writing, service_name: Service = None) -> RedirectResponse:
    """Look again."""
    service.refresh(uow, service_name)
    return _back(request, service_name, "Looking again.")


@router.post("/repack")
def repack(request: Request, uow: Writing, service_name: Service = None) -> RedirectResponse:
    """Pack loose objects."""
    rows = service.repack(uow, [service_name] if service_name else None)
    return _back(request, service_name, f"Packing: {len(rows)}.")


@router.post("/follow")
def follow(request: Request, uow: Writing) -> RedirectResponse:
    """Try again what is held."""
    service.follow(uow)
    return _back(request, None, "Trying again.")


def _unfinished(uow: Reading) -> list[JobRow]:
    return promises.list_jobs(uow.db, prefix="git.", finished=False)


def _back(request: Request, service_name: str | None, say: str) -> RedirectResponse:
    if service_name:
        return to(request, "git.repository", name=service_name, say=say)
    return to(request, "git.status", say=say)
