"""What an item reaches of hosts: shown, and approved."""

from typing import Annotated

import typer

from calcifer.kit import terminal
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Json, reading, writing
from calcifer.work import service
from calcifer.work.cli.routes import Number, commands, shown
from calcifer.work.schemas import ReachDecision, ReachOut


@commands.command("reach")
def reach(number: Number, json: Json = False) -> None:
    """Show what an open item reaches of its hosts, and who has approved that."""
    with reading() as uow:
        found = service.reach(uow, number)
    terminal.show(found if json else _text(found), json=json)


@commands.command("approve-reach")
def approve_reach(
    number: Number,
    digest: Annotated[
        str | None, typer.Option(help="Of what was read (calcifer work reach); asked without it.")
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="One host; without it each that waits and that you decide for.")
    ] = None,
    json: Json = False,
) -> None:
    """Approve what an item reaches of its hosts; it is shown and asked about first."""
    if digest is None:
        with reading() as uow:
            found = service.reach(uow, number)
        digest = found.digest or "0" * 64
        if found.digest:
            typer.confirm(
                f"{terminal.plain(_text(found))}\n\nWhoever writes this is root there. Approve it?",
                abort=True,
                err=True,
            )
    decision = checked(ReachDecision, digest=digest, host=host)
    with writing() as uow:
        service.approve_reach(uow, number, decision)
        shown(uow, number, json=json)


def _text(found: ReachOut) -> str:
    if not found.facts:
        return f"#{found.item} reaches nothing of its hosts beyond the service's own directory."
    lines = [f"#{found.item} reaches of its hosts:", "", *(f"- {line}" for line in found.facts), ""]
    lines += [f"- {host}: {f'approved by {by}' if by else 'not approved'}" for host, by in found.approved.items()]
    return "\n".join([*lines, "", f"digest {found.digest}"])
