"""What someone who joins needs to know, as Markdown: reason, state, diff, rules, history, documents."""

from sqlalchemy.orm import Session

from calcifer.kit.errors import NotFound
from calcifer.kit.git import diffs
from calcifer.kit.git.repository import Commit, Repository
from calcifer.kit.legible import legible
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as catalog
from calcifer.services.models import Service
from calcifer.work import queries
from calcifer.work.branches import RECORDS
from calcifer.work.models import Item
from calcifer.work.queries import Filters
from calcifer.work.rows import Listed
from calcifer.work.service.details import Details, between, details
from calcifer.work.service.storing import repository_of

DIFF_CHARACTERS = 60_000
DOCUMENT_CHARACTERS = 20_000
DOCUMENT_BYTES = 1_000_000
STATES = {"pass": "passes", "fail": "FAILS", "waived": "is waived", "pending": "has no verdict yet"}


def of_item(uow: UnitOfWork, number: int) -> str:
    """Tell about an item."""
    found = details(uow, number)
    item = found.item
    lines = [
        f"# #{item.number} {item.title}",
        "",
        f"{item.kind} to **{item.service.name}**, {item.state}, opened by {item.author} on {item.opened_at:%Y-%m-%d}.",
    ]
    if item.branch:
        far = f", {found.ahead} ahead of and {found.behind} behind `{item.service.main_branch}`" if found.head else ""
        lines += [f"Branch `{item.branch}`{far}."]
    lines += ["", "## Reason", "", item.reason]
    if item.notes:
        lines += ["", "## Notes", "", item.notes]
    if item.checklist:
        lines += ["", "## Checklist", "", *(f"- [{'x' if line.done else ' '}] {line.text}" for line in item.checklist)]
    if found.verdicts:
        lines += ["", "## Rules", ""]
        for verdict in found.verdicts:
            lines.append(f"- **{verdict.rule}** {STATES[verdict.state]}: {verdict.sentence}")
            if verdict.mend and not verdict.lets_through:
                lines.append(f"  To mend it: {verdict.mend}")
    lines += _children(found)
    if found.commits:
        lines += ["", "## Commits", "", *(f"- `{c.oid[:12]}` {c.subject} ({c.author.name})" for c in found.commits)]
    lines += _diff(found)
    if found.repository and found.main:
        lines += _documents(found.repository, found.main, item.service.folder)
        lines += _history(uow.db, item.service, but=number)
    return legible("\n".join(lines) + "\n")


def of_service(uow: UnitOfWork, name: str) -> str:
    """Tell about a service."""
    service = catalog.get_service(uow.db, name)
    lines = [f"# {service.title}", "", service.description or "", "", f"Repository: `{service.place}`"]
    items = queries.list_items(uow.db, Filters(state="open", service=name), limit=50)
    if items:
        lines += ["", "## Open items", "", *(_line(item) for item in items)]
    repository = repository_of(uow, service)
    main = repository.branch(service.main_branch)
    lines += _history(uow.db, service)
    if main:
        commits = _last(repository, main, service.folder)
        lines += ["", "## Last commits", "", *(f"- `{c.oid[:12]}` {c.subject} ({c.author.name})" for c in commits)]
        lines += _documents(repository, main, service.folder)
    return legible("\n".join(lines) + "\n")


def _line(item: Item | Listed) -> str:
    return f"- #{item.number} {item.title} ({item.kind}, {item.state}, {item.author})"


def _children(found: Details) -> list[str]:
    return ["", "## Children", "", *(_line(child) for child in found.children)] if found.children else []


def _diff(found: Details) -> list[str]:
    if found.repository is None or found.head is None or not found.changes:
        return []
    text = diffs.text(found.repository, *between(found), characters=DIFF_CHARACTERS, without=RECORDS)
    cut = "" if len(text) <= DIFF_CHARACTERS else "\n… and more"
    return ["", "## Diff", "", "````diff", text[:DIFF_CHARACTERS].rstrip("\n") + cut, "````"]


def _history(session: Session, service: Service, *, but: int | None = None) -> list[str]:
    found = queries.list_items(session, Filters(state="completed", service=service.name), limit=11)
    items = [item for item in found if item.number != but][:10]
    return ["", "## Completed before", "", *(_line(item) for item in items)] if items else []


def _last(repository: Repository, main: str, folder: str) -> list[Commit]:
    if folder:
        return repository.file_log(main, folder, limit=15)
    return repository.log(main, limit=15, first_parent=True)


def _documents(repository: Repository, commit: str, folder: str) -> list[str]:
    """Show the README, and name the other documents."""
    try:
        main = repository.tree_of(commit, folder)
    except NotFound:
        return ["", f"The folder {folder} is not on main any more."]
    top = [entry.path for entry in repository.folder(main) if entry.kind == "file"]
    docs = [path for path, _ in repository.paths(main, "docs") if path.endswith(".md")]
    readme = next((path for path in top if path.lower() in ("readme.md", "readme", "readme.rst", "readme.txt")), None)
    lines = ["", "## Documents", "", *(f"- {path}" for path in [*top, *docs] if path.lower().endswith(".md"))]
    if readme:
        blob = repository.entry(main, readme)
        is_short = blob is not None and repository.size(blob.oid) <= DOCUMENT_BYTES
        text = (
            (repository.read(main, readme) or b"").decode("utf-8", "replace")
            if is_short
            else "It is too long to be read."
        )
        lines += ["", f"## {readme}", "", "````markdown", text[:DOCUMENT_CHARACTERS].rstrip("\n"), "````"]
    return lines
