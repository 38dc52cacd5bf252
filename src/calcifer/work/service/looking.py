"""What the pages of a branch show: files, commits, uncommitted edits, conflicts; reads only."""

from dataclasses import dataclass, replace
from typing import Any

from calcifer.kit.errors import Conflict, Invalid, NotFound, Unavailable
from calcifer.kit.git import checkouts, diffs
from calcifer.kit.git.names import checked_path
from calcifer.kit.git.repository import Entry, Repository
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as catalog
from calcifer.services.folders import has, relative
from calcifer.services.models import Service
from calcifer.work import queries
from calcifer.work.models import Item
from calcifer.work.service.commits import LINK, SUBMODULE, to_be_named, worktree_of
from calcifer.work.service.details import Details, between, details
from calcifer.work.service.express import own_edits
from calcifer.work.service.storing import head_of, main_of, repository_of

EDITOR_BYTES = 1_000_000
ENTRIES = 1000


@dataclass(frozen=True)
class FileText:
    """A file as an editor gets it: `text` is None where it cannot be edited as text, `why` says so."""

    path: str
    text: str | None
    exists: bool
    why: str = ""


def diff(uow: UnitOfWork, number: int, only: str | None = None) -> dict[str, Any]:
    """Return the item and what it changes, for one file (`only`) or all, within the bounds of a page."""
    found = details(uow, number)
    if found.repository is None or found.head is None:
        return {"found": found, "diff": None}
    old, new = between(found)
    return {"found": found, "diff": diffs.diff(found.repository, old, new, only=only)}


def commits(uow: UnitOfWork, number: int) -> dict[str, Any]:
    """Return the item, its worktree, what is uncommitted there, and the change entry so far."""
    found = details(uow, number)
    worktree, edited, entry, doubtful = None, [], "", dict[str, str]()
    if found.repository is not None and found.item.state == "open":
        worktree = worktree_of(found.repository, found.item)
        try:
            edited = checkouts.edits(worktree) if worktree else []
        except Unavailable as error:  # a filter that is not installed, say: the rest of the page can be shown
            found.problem = error.message
        doubtful = to_be_named(worktree, edited) if worktree else {}
        entry = _entry(found.repository, found.item, found.head)
    return {"found": found, "worktree": worktree, "edits": edited, "entry": entry, "doubtful": doubtful}


def _entry(repository: Repository, item: Item, head: str | None) -> str:
    stored = repository.read(head, item.fragment) if head else None
    return (stored or b"").decode("utf-8", "replace").strip()


def files(uow: UnitOfWork, number: int, path: str | None) -> dict[str, Any]:
    """Return the item and a folder of its branch, or the file at `path` for the editor (a path that is free makes a new one).

    Paths are those of the repository; without one it is the folder of the service.
    A path that cannot be is `refused` with a sentence, beside the folder at the top.
    """
    found = details(uow, number)
    if found.repository is None or found.head is None:
        raise NotFound(found.problem or f"#{number} has no branch to show files of.")
    listing: list[Entry] | None = None
    most = ENTRIES + 1
    file: FileText | None = None
    path = _beginning(found) if path is None else path
    refused = _refused(path) if path else None
    typed, path = path, "" if refused else path
    if not path:
        listing = found.repository.folder(found.head, most=most)
    else:
        try:
            listing = found.repository.folder(found.head, path, most=most)
        except NotFound:
            file = file_text(found.repository, found.head, path)
    entry = _entry(found.repository, found.item, found.head)
    parts = path.split("/") if path else []
    crumbs = [(name, "/".join(parts[: at + 1])) for at, name in enumerate(parts)]
    shown: dict[str, Any] = {"listing": listing and listing[:ENTRIES], "more": len(listing or ()) > ENTRIES}
    shown |= {"refused": refused, "typed": typed if refused else ""}
    return {"found": found, "folder": path, "crumbs": crumbs, "file": file, "entry": entry} | shown


def _beginning(found: Details) -> str:
    folder = found.item.service.folder
    is_there = found.repository and found.head and has(found.repository, found.head, folder)
    return folder if is_there else ""


def _refused(path: str) -> str | None:
    try:
        checked_path(path)
    except Invalid as error:
        return error.message
    return None


def file_text(repository: Repository, commit: str, path: str) -> FileText:
    """Return a file for an editor, or say why it cannot be edited in a browser."""
    blob = repository.entry(commit, path)
    if blob is None:
        return FileText(path, "", exists=False)
    name = repository.attribute(path, "filter", commit)
    if blob.mode in (LINK, SUBMODULE):
        return FileText(path, None, exists=True, why="This is a link or a submodule: change it in a checkout.")
    if name:
        return FileText(path, None, exists=True, why=f"This file passes the filter '{name}': change it in a checkout.")
    if repository.size(blob.oid) > EDITOR_BYTES:
        return FileText(path, None, exists=True, why="This file is over 1 MB: change it in a checkout.")
    try:
        text = repository.blob(blob.oid).decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        return FileText(path, None, exists=True, why="This file is binary: change it in a checkout.")
    return FileText(path, text, exists=True)


def conflicts(uow: UnitOfWork, number: int) -> dict[str, Any]:
    """Return the files in which main and the branch conflict, each with the marks that git would leave."""
    item = queries.get_item(uow.db, number)
    if item.branch is None or item.state != "open":
        raise Conflict(f"#{number} is not open, or has no branch.")
    repository = repository_of(uow, item.service)
    main, head = main_of(repository, item.service), head_of(repository, item)
    marked = []
    for path in repository.merge(head, main).conflicts:
        text = repository.conflict(head, main, path)
        marked.append(FileText(path, None if text is None else text.decode("utf-8", "replace"), exists=True))
    return {"found": details(uow, number), "conflicts": marked, "is_behind": not repository.contains(head, main)}


def express(uow: UnitOfWork, name: str, path: str) -> dict[str, Any]:
    """Return what the express form shows: the service, a file to edit, or the edits in main's checkout."""
    shown: dict[str, Any] = {"service": None, "file": None, "edits": [], "main": "", "services": [], "problem": None}
    shown["doubtful"] = {}
    if not name:
        return shown | {"services": catalog.list_names(uow.db)}
    service = shown["service"] = catalog.get_service(uow.db, name)
    try:
        return shown | _express(uow, service, path)
    except (Conflict, NotFound, Unavailable) as error:
        return shown | {"problem": error}


def _express(uow: UnitOfWork, service: Service, path: str) -> dict[str, Any]:
    repository = repository_of(uow, service)
    shown: dict[str, Any] = {"main": main_of(repository, service)}
    if path:
        found = file_text(repository, shown["main"], service.within(checked_path(path)))
        return shown | {"file": replace(found, path=path)}
    checkout = next((c for c in checkouts.checkouts(repository) if c.is_main), None)
    if checkout is None:
        return shown
    edits = own_edits(checkouts.edits(checkout), service, catalog.list_shared(uow.db, service))
    doubtful = {relative(service.folder, at): why for at, why in to_be_named(checkout, edits).items()}
    return shown | {"edits": [replace(e, path=relative(service.folder, e.path)) for e in edits], "doubtful": doubtful}
