"""The express lane, edits that become items, and commits that get one afterwards."""

from pathlib import Path
from typing import Annotated

import typer

from calcifer.kit import terminal
from calcifer.kit.errors import Invalid
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Json, reading, writing
from calcifer.services import queries as catalog
from calcifer.work import queries, service
from calcifer.work.cli.routes import HELD, commands, held, shown
from calcifer.work.schemas import ChangeOut, Claim, ItemOut, NewChange, StrayOut
from calcifer.work.service.details import verdict_out

Name = Annotated[str, typer.Argument(metavar="SERVICE")]
Why = Annotated[str, typer.Option("--message", "-m", help="Why: reason, commit message and change entry in one.")]
Paths = Annotated[
    list[str] | None, typer.Argument(metavar="[FILE]…", help="Only these of the edits in main's checkout.")
]


def _asked(service_name: str, message: str, files: list[str] | None) -> NewChange:
    return checked(
        NewChange, service=service_name, reason=message, paths=_inside(service_name, files) if files else None
    )


def _inside(service_name: str, files: list[str]) -> list[str]:
    """Take names relative to the service, or to where the person stands."""
    with reading() as uow:
        root = Path(catalog.get_service(uow.db, service_name).place).resolve()
    found = []
    for name in files:
        path = Path(name).absolute()
        inside = path if path.is_relative_to(root) else root / name
        if not inside.is_relative_to(root):
            raise Invalid.field("paths", f"{name} does not lie in {root}.")
        found.append(inside.relative_to(root).as_posix())
    return found


@commands.command("change")
def change(
    service_name: Name,
    message: Why,
    files: Paths = None,
    approve_reach: Annotated[
        bool, typer.Option("--approve-reach", help="Approve what it reaches of your own hosts; under the policy solo.")
    ] = False,
    json: Json = False,
) -> None:
    """Open, check and complete a small change in one step: the edits in main's checkout, or those of the files named."""
    asked = _asked(service_name, message, files).model_copy(update={"approve_reach": approve_reach})
    with writing() as uow:
        item, verdicts = service.change(uow, asked)
        number, done = item.number, item.state == "completed"
        made = ChangeOut(item=ItemOut.of(item), verdicts=[verdict_out(v) for v in verdicts], completed=done)
    if json:
        terminal.show(made, json=True)
    for verdict in verdicts:
        if approve_reach and verdict.rule == "host_reach" and verdict.lets_through:
            terminal.say("\n".join([verdict.sentence, *(f"  {line}" for line in verdict.evidence)]))
    terminal.say(f"#{number} is completed." if done else f"#{number} is open, since:\n{held(verdicts)}")
    if not done:
        raise typer.Exit(HELD)


@commands.command("collect")
def collect(service_name: Name, message: Why, files: Paths = None, json: Json = False) -> None:
    """Make an open item of the edits that lie in main's checkout."""
    with writing() as uow:
        shown(uow, service.collect(uow, _asked(service_name, message, files)).number, json=json)


@commands.command("strays")
def strays(json: Json = False) -> None:
    """List commits on main that wait for an item."""
    with reading() as uow:
        rows = [
            StrayOut(service=s.service.name, oid=s.oid, subject=s.subject, author=s.author, at=s.at)
            for s in queries.list_strays(uow.db)
        ]
    terminal.show(rows, json=json, empty="Every commit on every main has its item.")


@commands.command("claim")
def claim(
    service_name: Name,
    message: Annotated[str, typer.Option("--message", "-m", help="Why they are there.")],
    commits: Annotated[list[str] | None, typer.Argument(metavar="[COMMIT]…", help="Left out: all that wait.")] = None,
    json: Json = False,
) -> None:
    """Open an item that answers for commits which reached main without one."""
    new = checked(Claim, service=service_name, reason=message, commits=commits or None)
    with writing() as uow:
        shown(uow, service.claim(uow, new).number, json=json)
