"""`calcifer git …`: git over all services."""

from typing import Annotated

import typer

from calcifer.git import queries, service
from calcifer.git.schemas import StateOut, StrayBranch
from calcifer.kit.errors import Invalid
from calcifer.kit.journal import list_held
from calcifer.kit.promises import JobOut, JobRow
from calcifer.kit.terminal import Columns, Json, fail, reading, say, show, writing
from calcifer.kit.terminal import follow as wait

app = typer.Typer(name="git", help="Git over all services.", no_args_is_help=True)
Services = Annotated[list[str] | None, typer.Argument(help="Names of services; all where none is given.")]
STATES: Columns = {
    "Service": lambda row: ", ".join(row.services) or row.service,
    "State": "badges",
    "Ahead": lambda row: row.ahead or "",
    "Behind": lambda row: row.behind or "",
    "Edits": lambda row: row.edit_count or "",
    "Stray branches": lambda row: row.stray_count or "",
    "Origin": lambda row: row.remotes.get("origin", ""),
}
NO_SERVICE = "There is no service yet: `calcifer adopt PATH` brings one in."
BRANCHES: Columns = {"Branch": "name", "State": "state", "Ahead": "ahead", "Behind": "behind", "Last commit": "at"}
JOBS: Columns = {"Service": "subject", "State": "state", "Result": lambda row: row.error or _words(row.result)}


@app.command()
def status(
    services: Services = None,
    only: Annotated[str, typer.Option(help="dirty, ahead, behind, diverged, strays, local, broken or unknown.")] = "",
    seen: Annotated[bool, typer.Option("--seen", help="Show what was last seen, do not look again.")] = False,
    json: Json = False,
) -> None:
    """Show edits, ahead and behind, branches without an item, remotes."""
    if only not in {"", *queries.FILTERS}:
        raise Invalid.field("only", f"Choose one of {', '.join(queries.FILTERS)}.")
    if not seen:
        with writing(settle=False) as uow:
            looking = service.refresh(uow, services[0] if services and len(services) == 1 else None)
        _check(wait([looking.id]))
    with reading() as uow:
        named = [queries.get_state(uow.db, name) for name in services or []]
        found = list({one.service_id: one for one in named}.values())
        rows = [StateOut.of(row) for row in found or queries.list_states(uow.db, only=only, limit=1_000_000)]
        held = [row.held for row in list_held(uow.db.connection())]
        nothing = f"No repository is '{only}'." if only and queries.list_states(uow.db, limit=1) else NO_SERVICE
    _show(rows, held, json=json, nothing=nothing)


@app.command()
def fetch(services: Services = None, json: Json = False) -> None:
    """Bring what is at origin here; no branch of ours moves."""
    with writing(settle=False) as uow:
        rows = service.fetch(uow, services or None)
    _end(wait([row.id for row in rows]), json=json)


@app.command()
def push(services: Services = None, json: Json = False) -> None:
    """Bring main to origin, never by force; without names where it is elsewhere."""
    with writing(settle=False) as uow:
        rows = service.push(uow, services or None)
    _end(wait([row.id for row in rows]), json=json, nothing="Every origin has what is here.")


@app.command()
def refresh(json: Json = False) -> None:
    """Look at every repository again."""
    with writing(settle=False) as uow:
        row = service.refresh(uow)
    _end(wait([row.id]), json=json)


@app.command()
def repack(services: Services = None, json: Json = False) -> None:
    """Pack loose objects, as Calcifer does it by itself now and then; nothing is dropped."""
    with writing(settle=False) as uow:
        rows = service.repack(uow, services or None)
    _end(wait([row.id for row in rows]), json=json, nothing="There is no service.")


@app.command()
def follow(json: Json = False) -> None:
    """Try again what is held because something was in the way of a checkout."""
    with writing(settle=False) as uow:
        row = service.follow(uow)
    _check(wait([row.id]))
    with reading() as uow:
        held = [{"at": row.at, "held": row.held} for row in list_held(uow.db.connection())]
    show(held, json=json, columns={"Since": "at", "Held because": "held"}, empty="Nothing is held.")


def _show(rows: list[StateOut], held: list[str], *, json: bool, nothing: str) -> None:
    show(rows, json=json, columns=STATES, empty=nothing)
    if json:
        return
    for row in rows if len(rows) == 1 else []:
        for checkout in row.checkouts:
            say(f"{checkout.path} ({checkout.branch}): {', '.join(checkout.names)}")
        strays: list[StrayBranch] = row.strays
        show(strays, columns=BRANCHES, empty="Every branch has its item.")
    for sentence in held:
        say(f"Held: {sentence} `calcifer git follow` tries again.")


def _check(rows: list[JobRow]) -> None:
    for row in rows:
        if row.failure is not None:
            raise row.failure


def _end(rows: list[JobRow], *, json: bool, nothing: str = "Nothing to do.") -> None:
    """Show how jobs ended, and end with the code of the first that failed."""
    show([JobOut.model_validate(row) for row in rows], json=json, columns=JOBS, empty=nothing)
    codes = [fail(row.failure) for row in rows if row.failure is not None]
    if codes:
        raise typer.Exit(codes[0])


def _words(result: dict[str, object] | None) -> str:
    return ", ".join(f"{name} {value}" for name, value in (result or {}).items() if value is not None)
