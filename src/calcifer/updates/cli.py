"""Updates on the command line: `calcifer updates`."""

from typing import Annotated

import typer

from calcifer.kit import terminal
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Columns, Json, reading, say, show, writing
from calcifer.updates import service
from calcifer.updates.schemas import CheckJobOut, CheckWish, TakeWish, UpdateOut
from calcifer.work.schemas import ItemOut

commands = typer.Typer(help="Updates: newer versions of the images that services use.")
OfService = Annotated[str | None, typer.Option("--service", "-s", help="Of this service alone.")]
INCOMPLETE = 5
UPDATES: Columns = {
    "Service": "service",
    "Image": "image",
    "State": "state",
    "To": lambda one: one.to or "",
    "How far": "kind",
    "Beyond": "beyond",
    "Item": lambda one: f"#{one.item}" if one.item else "",
    "What": "sentence",
}


@commands.callback(invoke_without_command=True)
def begin(context: typer.Context) -> None:
    """Updates: newer versions of the images that services use; without a command they are listed."""
    if context.invoked_subcommand is None:
        _list(None, everything=False, json=False)


@commands.command("list")
def updates(
    of: OfService = None,
    everything: Annotated[bool, typer.Option("--all", help="Also images that there is nothing to say of.")] = False,
    json: Json = False,
) -> None:
    """List the images of services by what they could be updated to."""
    _list(of, everything=everything, json=json)


@commands.command("check")
def check(
    name: Annotated[str | None, typer.Argument(metavar="[SERVICE]", help="A service; all without one.")] = None,
    json: Json = False,
) -> None:
    """Ask registries which tags and contents they have; ends with 5 where one did not answer."""
    with writing(settle=False) as uow:
        row_id = service.check(uow, checked(CheckWish, service=name).service).id
    ended = terminal.follow([row_id])[0]
    if ended.failure is not None:
        raise ended.failure
    with reading() as uow:
        listed = service.outs(uow, name)
    found = CheckJobOut.of(ended)
    if json:
        show({"job": found, "updates": listed}, json=True)
    else:
        _tell(listed)
    _made(found.items)
    if found.unanswered:
        raise typer.Exit(INCOMPLETE)


@commands.command("take")
def take(
    selectors: Annotated[
        list[str], typer.Argument(metavar="SERVICE[/IMAGE]…", help="web/nginx, or web for all updates of a service.")
    ],
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why; that it is newer without one.")] = "",
    json: Json = False,
) -> None:
    """Open an item with the edited compose file; for several updates a parent, with a child for each."""
    with writing() as uow:
        made = ItemOut.of(service.take(uow, checked(TakeWish, updates=selectors, reason=reason)))
    show(made if json else None, json=json)
    what = "completes when its children have" if made.is_parent else f"is on {made.branch}"
    say(f"#{made.number} {made.title} {what}.")
    say(f"  → calcifer work show {made.number}")


def _made(numbers: list[int]) -> None:
    for number in numbers:
        say(f"#{number} was made by itself: calcifer work show {number}")


def _list(of: str | None, *, everything: bool, json: bool) -> None:
    with reading() as uow:
        found = service.outs(uow, of, everything=everything)
    if json:
        show(found, json=True)
    else:
        _tell(found)


def _tell(found: list[UpdateOut]) -> None:
    show(found, columns=UPDATES, empty="Nothing to update.")
    told = dict.fromkeys((one.error, one.mend) for one in found if one.error)
    for error, mend in told:
        say(f"{error}")
        if mend:
            say(f"  → {mend}")
    if any(one.state == "unknown" for one in found):
        say("What registries have is not known of all of them: calcifer updates check")
