"""The list of services, one service, its files and its history."""

from fastapi import Response

from calcifer.kit.git.names import checked_path
from calcifer.kit.web import Listing, Paging, Reading, etag, paged
from calcifer.services import contents, queries
from calcifer.services.api.routes import FilePath, Name, Problems, Text, Words, router
from calcifer.services.cursors import commits_of, name_of
from calcifer.services.queries import Filters
from calcifer.services.schemas import FileOut, LoggedOut, ServiceDetail, ServiceOut


@router.get("")
def list_services(
    uow: Reading,
    asked: Paging,
    text: Words = "",
    kind: Text = "",
    owner: Text = "",
    lifecycle: Text = "",
    problems: Problems = False,
) -> Listing[ServiceOut]:
    """List services by name."""
    narrowed = Filters(text, kind, owner, lifecycle, problems)
    found = queries.list_services(uow.db, narrowed, after=name_of(asked.after), limit=asked.limit + 1)
    rows, following = paged(found, asked, lambda service: [service.name])
    return Listing(items=[ServiceOut.listed(row) for row in rows], next=following)


@router.get("/{name}")
def get_service(response: Response, uow: Reading, name: Name) -> ServiceDetail:
    """Tell what is known of a service."""
    service = queries.get_service(uow.db, name)
    etag(response, service.head, service.scanned_at, service.missing_since)
    return ServiceDetail.of(service, queries.surroundings(uow.db, service))


@router.get("/{name}/files")
def files(response: Response, uow: Reading, name: Name, path: FilePath = "") -> FileOut:
    """Read a folder or a file of main."""
    path = checked_path(path.rstrip("/")) if path.strip("/") else ""
    with contents.main_of(uow, queries.get_service(uow.db, name)) as main:
        etag(response, main.head, path)
        folder = contents.find_folder(main, path)
        if folder is not None:
            return FileOut.folder(main.head, path, folder)
        return FileOut.file(main.head, contents.get_file(main, path))


@router.get("/{name}/history")
def history(uow: Reading, name: Name, asked: Paging) -> Listing[LoggedOut]:
    """List the commits of main, newest first."""
    tip, after = commits_of(asked.after)
    with contents.main_of(uow, queries.get_service(uow.db, name)) as main:
        found = contents.list_commits(main, tip=tip, after=after, limit=asked.limit + 1)
        rows, following = paged(found, asked, lambda commit: [tip or main.head, commit.oid])
    return Listing(items=[LoggedOut.of(row) for row in rows], next=following)
