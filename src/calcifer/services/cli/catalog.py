"""The list of services, one service, its files and its history."""

from typing import Annotated

import typer

from calcifer.kit import terminal
from calcifer.kit.git.names import checked_path
from calcifer.kit.terminal import Columns, Json, reading
from calcifer.services import contents, queries
from calcifer.services.cli.routes import Name, commands
from calcifer.services.queries import Filters
from calcifer.services.schemas import FileOut, LoggedOut, ServiceDetail, ServiceOut


def state_of(service: ServiceOut) -> str:
    """Return what is wrong with a service, or "ok"."""
    return "missing" if service.missing_since else "descriptor broken" if service.descriptor_error else "ok"


COLUMNS: Columns = {
    "Name": "name",
    "Title": "title",
    "Kind": "kind",
    "Owner": "owner",
    "State": state_of,
}
COMMITS: Columns = {
    "Commit": lambda row: row.oid[:10],
    "When": "at",
    "Author": "author",
    "What": "subject",
    "Item": "item",
}
ENTRIES = {"Kind": "kind", "Bytes": "size_bytes", "Name": "name"}
Limit = Annotated[int, typer.Option(min=1, max=1000)]


@commands.command("list")
def services(
    text: str = "",
    kind: str = "",
    owner: str = "",
    lifecycle: str = "",
    problems: Annotated[bool, typer.Option("--problems", help="Only broken and missing ones.")] = False,
    limit: Limit = 200,
    json: Json = False,
) -> None:
    """List services by name."""
    narrowed = Filters(text, kind, owner, lifecycle, problems)
    with reading() as uow:
        rows = [ServiceOut.listed(row) for row in queries.list_services(uow.db, narrowed, limit=limit)]
    terminal.show(rows, json=json, columns=COLUMNS, empty="No service matches. Add some: calcifer adopt PATH")


@commands.command("show")
def overview(name: Name, json: Json = False) -> None:
    """Show what is known of a service."""
    with reading() as uow:
        service = queries.get_service(uow.db, name)
        shown = ServiceDetail.of(service, queries.surroundings(uow.db, service))
    terminal.show(shown if json else told(shown), json=json)


@commands.command("history")
def history(name: Name, limit: Limit = 50, json: Json = False) -> None:
    """List the commits of main, newest first."""
    with reading() as uow, contents.main_of(uow, queries.get_service(uow.db, name)) as main:
        rows = [LoggedOut.of(commit) for commit in contents.list_commits(main, limit=limit)]
    terminal.show(rows, json=json, columns=COMMITS)


@commands.command("files")
def files(
    name: Name, path: Annotated[str, typer.Argument(help="A folder or a file of main.")] = "", json: Json = False
) -> None:
    """List a folder, or print a file, of main."""
    path = checked_path(path.rstrip("/")) if path.strip("/") else ""
    with reading() as uow, contents.main_of(uow, queries.get_service(uow.db, name)) as main:
        folder = contents.find_folder(main, path)
        if folder is not None:
            shown = FileOut.folder(main.head, path, folder)
        else:
            shown = FileOut.file(main.head, contents.get_file(main, path))
    if json or shown.entries is None:
        terminal.show(shown, json=True) if json else typer.echo(described(shown), nl=False)
    else:
        terminal.show(shown.entries, columns=ENTRIES, empty="The folder is empty.")
        if shown.more:
            terminal.say(f"The folder has more than these {len(shown.entries)}: look at them in the repository.")


def described(file: FileOut) -> str:
    """Return a text as it is, of anything else what it is."""
    if file.text is not None:
        return file.text
    return f"{file.path}: {file.kind}, {file.size_bytes} bytes" + (f", to {file.target}" if file.target else "") + "\n"


def told(service: ServiceDetail) -> str:
    """Return what a person wants to know of a service, as Markdown."""
    lines = [f"# {service.title}", ""]
    if service.description:
        lines += [service.description, ""]
    lines += [f"- {label}: {value}" for label, value in facts_of(service) if value]
    lines += [f"- Note: {note}" for note in service.descriptor_notes]
    for container, found in service.facts.get("containers", {}).items():
        lines += ["", f"## {container}", ""]
        lines += [f"- {label.replace('_', ' ')}: `{terminal.cell(value)}`" for label, value in found.items() if value]
    return "\n".join(lines)


def facts_of(service: ServiceDetail) -> list[tuple[str, str]]:
    """Return what a person wants to know first, as (label, value)."""
    return [
        ("Name", service.name),
        ("State", state_of(service)),
        ("Descriptor", service.descriptor_error or service.descriptor_source),
        ("Compose file", service.facts.get("error") or ""),
        ("Kind", f"{service.kind}, {service.lifecycle}, {service.visibility}"),
        ("Owner", service.owner),
        ("Policy", service.policy),
        ("Repository", f"{service.path} ({service.main_branch})"),
        ("Folder", service.folder),
        ("Needs", ", ".join(one.name + ("" if one.is_known else " (unknown)") for one in service.depends_on)),
        ("Needed by", ", ".join(one.name for one in service.needed_by)),
        ("Goes round in a circle", "; ".join(" → ".join(cycle) for cycle in service.cycles)),
        *(("Link", f"{link.title} {link.url}") for link in service.links),
    ]
