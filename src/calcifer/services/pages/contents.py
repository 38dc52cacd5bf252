"""What is on a service's main branch: its history and its files. Nothing here changes them: an edit is a work item."""

from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from calcifer.kit.git.names import checked_path, visible
from calcifer.kit.web import Paging, Reading, paged
from calcifer.services import contents, queries
from calcifer.services.contents import Main
from calcifer.services.cursors import commits_of
from calcifer.services.pages.routes import FilePath, Name, router
from calcifer.services.pages.tabs import tab

# An image is all that a browser may show of a repository, and in a sandbox: an SVG file opened by itself is a document.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"


@router.get("/{name}/history")
def history(request: Request, uow: Reading, name: Name, asked: Paging) -> Response:
    """List the commits of main, newest first."""
    tip, after = commits_of(asked.after)

    def content(main: Main) -> dict[str, Any]:
        found = contents.list_commits(main, tip=tip, after=after, limit=asked.limit + 1)
        rows, cursor = paged(found, asked, lambda commit: [tip or main.head, commit.oid])
        return {"commits": rows, "cursor": cursor}

    return tab(request, uow, name, "history", content)


@router.get("/{name}/files")
def files(request: Request, uow: Reading, name: Name, path: FilePath = "") -> Response:
    """Show a folder, or a file, of main."""
    path = checked_path(path.rstrip("/")) if path.strip("/") else ""

    def content(main: Main) -> dict[str, Any]:
        folder = contents.find_folder(main, path)
        file = contents.get_file(main, path) if folder is None else None
        return {"head": main.head, "at": path, "crumbs": crumbs(path), "folder": folder, "file": file}

    return tab(request, uow, name, "files", content)


@router.get("/{name}/raw")
def raw(uow: Reading, name: Name, path: FilePath) -> Response:
    """Send a file of main as it is stored: images to be shown, everything else to be saved."""
    service = queries.get_service(uow.db, name)
    with contents.main_of(uow, service) as main:
        content = contents.get_bytes(main, path)
    media_type = contents.media_type(path)
    headers = {"content-security-policy": SANDBOX, "x-content-type-options": "nosniff"}
    if media_type is None:
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(path.rpartition('/')[2], safe='')}"
    return Response(content, media_type=media_type or "application/octet-stream", headers=headers)


def crumbs(path: str) -> list[tuple[str, str]]:
    """Return (name, path) of each folder on the way to `path`, and of itself."""
    parts = path.split("/") if path else []
    return [(visible(part), "/".join(parts[: depth + 1])) for depth, part in enumerate(parts)]
