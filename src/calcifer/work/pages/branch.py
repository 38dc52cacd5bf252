"""What lies on an item's branch: diff, files, commits, bringing up to date."""

from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import Response

from calcifer.kit.schemas import checked
from calcifer.kit.web import Reading, Writing, page, to
from calcifer.work import service
from calcifer.work.pages.routes import Field, Number, router
from calcifer.work.schemas import NewCommit, Update
from calcifer.work.service import looking

Texts = Annotated[list[str], Form()]


@router.get("/{number}/diff")
def diff(
    request: Request, uow: Reading, number: Number, only: Annotated[str | None, Query(max_length=1024)] = None
) -> Response:
    """Show what the item changes, or what it changes of one file."""
    return page(request, "work/diff.html", tab="diff", **looking.diff(uow, number, only))


@router.get("/{number}/commits")
def commits(request: Request, uow: Reading, number: Number) -> Response:
    """Show the commits of the branch, and the form for the next one."""
    return page(request, "work/commits.html", tab="commits", **looking.commits(uow, number))


@router.get("/{number}/files")
def files(
    request: Request, uow: Reading, number: Number, path: Annotated[str | None, Query(max_length=1024)] = None
) -> Response:
    """Show a folder of the branch (that of the service where none is named), or a file to edit."""
    shown = looking.files(uow, number, path)
    return page(request, "work/files.html", status=422 if shown["refused"] else 200, tab="files", **shown)


@router.post("/{number}/commit", again="work.files")
def commit(
    request: Request,
    uow: Writing,
    number: Number,
    message: Field = "",
    entry: Field = "",
    file: Field = "",
    content: Field = "",
    base: Field = "",
    delete: Field = "",
    from_worktree: Field = "",
    only: Texts = [],  # noqa: B006  (FastAPI copies it)
) -> Response:
    """Commit a file from the browser, or the edits in the item's worktree."""
    edited = [{"path": file, "content": None if delete else content}] if file else []
    given = {"message": message, "entry": entry.strip() or None, "files": edited, "base": base or None}
    service.commit(uow, number, checked(NewCommit, **given, from_worktree=bool(from_worktree), paths=only or None))
    return to(request, "work.commits", number=number, say="Committed.")


@router.get("/{number}/update")
def update_form(request: Request, uow: Reading, number: Number) -> Response:
    """Ask how both sides go together where they conflict."""
    return page(request, "work/update.html", tab="update", **looking.conflicts(uow, number))


@router.post("/{number}/update")
def update(request: Request, uow: Writing, number: Number, path: Texts = [], content: Texts = []) -> Response:  # noqa: B006
    """Bring the branch up to date."""
    resolutions = [{"path": at, "content": text} for at, text in zip(path, content, strict=False)]
    service.update(uow, number, checked(Update, resolutions=resolutions))
    return to(request, "work.item", number=number, say="The branch is up to date.")


@router.post("/{number}/checkout", again="work.commits")
def checkout(request: Request, uow: Writing, number: Number) -> Response:
    """Give the item a worktree on the server."""
    path = service.checkout(uow, number, request.app.state.wiring.settings.var / "worktrees")
    return to(request, "work.commits", number=number, say=f"The worktree is {path}.")
