"""The list of items, one item, and its life."""

from typing import Annotated

import typer

from calcifer.kit import terminal
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Json, reading, writing
from calcifer.work import context as contexts
from calcifer.work import queries, service
from calcifer.work.cli.routes import HELD, Number, commands, shown
from calcifer.work.schemas import (
    ContextOut,
    ItemChanges,
    ItemOut,
    NewItem,
    NewWaiver,
    Reason,
    TrustedOut,
    VerificationOut,
)

Why = Annotated[str, typer.Option("--message", "-m", help="Why.")]
COLUMNS = {
    "#": "number",
    "Title": "title",
    "Service": "service",
    "Kind": "kind",
    "State": "state",
    "Author": "author",
    "Opened": "opened_at",
}
RUN = {"Command": "command", "State": "state", "Exit code": "exit_code", "Seconds": "seconds"}
LAST_LINES = 20


FORGOTTEN = "The repositories have items, and this database knows none: calcifer rebuild"


@commands.command("list")
def items(
    state: Annotated[str, typer.Option(help="open, completed, dropped, or any.")] = "open",
    service_name: Annotated[str, typer.Option("--service")] = "",
    category: str = "",
    person: str = "",
    text: str = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    json: Json = False,
) -> None:
    """List items, newest first."""
    narrowed = queries.filters(state, service_name, category, person, text)
    with reading() as uow:
        rows = [ItemOut.of(item) for item in queries.list_items(uow.db, narrowed, limit=limit)]
        forgotten = not rows and queries.has_forgotten(uow.db)
    terminal.show(rows, json=json, columns=COLUMNS, empty=FORGOTTEN if forgotten else "No item matches.")


@commands.command("show")
def item(number: Number, json: Json = False) -> None:
    """Show an item with what the rules say of it."""
    with reading() as uow:
        shown(uow, number, json=json)


@commands.command("open")
def open(  # noqa: A001  (the verb)
    title: str,
    message: Why,
    service_name: Annotated[str | None, typer.Option("--service", "-s")] = None,
    category: Annotated[str, typer.Option(help="service, platform_feature, integration, documentation.")] = "service",
    action: Annotated[str, typer.Option(help="new, change, fix.")] = "change",
    assignee: str | None = None,
    parent: int | None = None,
    is_parent: Annotated[bool, typer.Option("--is-parent")] = False,
    json: Json = False,
) -> None:
    """Open an item: number, checklist, branch."""
    given = {"title": title, "reason": message, "service": service_name, "category": category, "action": action}
    new = checked(NewItem, **given, assignee=assignee, parent=parent, is_parent=is_parent)
    with writing() as uow:
        shown(uow, service.open(uow, new).number, json=json)


@commands.command("edit")
def edit(
    number: Number,
    title: str | None = None,
    reason: str | None = None,
    notes: str | None = None,
    docs_reason: str | None = None,
    assignee: str | None = None,
    json: Json = False,
) -> None:
    """Change what an open item says; what is left out stays."""
    given = {"title": title, "reason": reason, "notes": notes, "docs_reason": docs_reason, "assignee": assignee}
    changes = checked(ItemChanges, **{name: value for name, value in given.items() if value is not None})
    with writing() as uow:
        service.edit(uow, number, changes)
        shown(uow, number, json=json)


@commands.command("complete")
def complete(number: Number, json: Json = False) -> None:
    """Complete: check every rule, merge, leave the record."""
    with writing() as uow:
        service.complete(uow, number)
        shown(uow, number, json=json)


@commands.command("drop")
def drop(number: Number, json: Json = False) -> None:
    """Give an item up; its commits are kept."""
    with writing() as uow:
        service.drop(uow, number)
        shown(uow, number, json=json)


@commands.command("reopen")
def reopen(number: Number, json: Json = False) -> None:
    """Take a dropped item up again."""
    with writing() as uow:
        service.reopen(uow, number)
        shown(uow, number, json=json)


@commands.command("revert")
def revert(number: Number, message: Why, json: Json = False) -> None:
    """Open an item that takes a completed one back."""
    reason = checked(Reason, reason=message).reason
    with writing() as uow:
        shown(uow, service.revert(uow, number, reason).number, json=json)


@commands.command("waive")
def waive(number: Number, rule: str, message: Why, json: Json = False) -> None:
    """Let a rule pass for the present commit, with a reason that becomes a part of the record."""
    new = checked(NewWaiver, rule=rule, reason=message)
    with writing() as uow:
        service.waive(uow, number, new)
        shown(uow, number, json=json)


@commands.command("verify")
def verify(number: Number, json: Json = False) -> None:
    """Run the service's verify command on the merge result, and wait for its verdict."""
    with writing(settle=False) as uow:
        asked = service.verify(uow, number).id
        jobs = list(uow.jobs)
    terminal.follow(jobs)
    with reading() as uow:
        run = VerificationOut.model_validate(queries.get_verification(uow.db, asked))
    terminal.show(run, json=json, columns=RUN)
    if not json and run.output:
        terminal.show("\n".join(["", *run.output.rstrip("\n").splitlines()[-LAST_LINES:]]))
    if run.state != "passed":
        raise typer.Exit(HELD)


@commands.command("trust")
def trust(
    service_name: Annotated[str, typer.Argument(metavar="SERVICE")], command: str | None = None, json: Json = False
) -> None:
    """Allow a service's verify command to run on this machine; it is shown and asked about first."""
    with reading() as uow:
        wanted = command or service.verify_command(uow, service_name)
    if command is None:
        typer.confirm(f"Run this on every change of {service_name}?\n  {terminal.plain(wanted)}\n", abort=True)
    with writing() as uow:
        trusted = TrustedOut.model_validate(service.trust(uow, service_name, wanted))
    if json:
        terminal.show(trusted, json=True)
    terminal.say(f"'{wanted}' may run for {service_name}.")


@commands.command("context")
def context(subject: Annotated[str, typer.Argument(metavar="ITEM|SERVICE")], json: Json = False) -> None:
    """Print what someone who joins needs to know, as Markdown."""
    name = subject.removeprefix("#")
    with reading() as uow:
        told = contexts.of_item(uow, int(name)) if name.isdecimal() else contexts.of_service(uow, subject)
    if json:
        terminal.show(ContextOut(subject=subject, markdown=told), json=True)
    else:
        print(told)  # noqa: T201
