"""`calcifer activity`: what was done."""

from typing import Annotated

import typer

from calcifer.activity import queries
from calcifer.activity.schemas import EntryOut
from calcifer.kit import terminal
from calcifer.kit.terminal import Json

commands = typer.Typer(name="activity", help="Who did what, when.", no_args_is_help=True)
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many.")]


@commands.callback()
def activity() -> None:
    """Who did what, when."""


@commands.command("list")
def list_entries(
    service: Annotated[str | None, typer.Option(help="Of this service alone.")] = None,
    item: Annotated[int | None, typer.Option(min=1, max=2**31 - 1, help="Of this item alone.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List what was done, newest first."""
    with terminal.reading() as uow:
        found = queries.list_entries(uow.db, service=service, item_number=item, limit=limit)
        rows = [EntryOut.model_validate(row) for row in found]
    columns = {"When": "at", "Who": "actor", "What": "verb", "Of what": "subject", "Service": "service"}
    terminal.show(rows, json=as_json, columns=columns, empty="Nothing has been done yet.")
