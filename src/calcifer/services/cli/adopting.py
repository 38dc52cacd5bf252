"""Getting services in, on the command line: `plan`, `adopt`, `new`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from calcifer.kit import terminal
from calcifer.kit.errors import CalciferError, Invalid
from calcifer.kit.legible import plural
from calcifer.kit.terminal import Columns, Json, writing
from calcifer.services import service
from calcifer.services.adoptions import AdoptionOut, HistoryOut, MadeOut, PlanOut
from calcifer.services.cli.routes import commands
from calcifer.services.planning import Wish, is_address, is_source
from calcifer.services.service.adoption import planned
from calcifer.services.service.creation import Making

Sources = Annotated[list[str], typer.Argument(metavar="PATH|URL…", help="Directories, or addresses of repositories.")]
Directories = Annotated[
    bool | None,
    typer.Option("--directories/--one", help="Each directory in PATH is a service; or PATH is one. Left out: decide."),
]
InPlace = Annotated[bool, typer.Option("--in-place", help="Leave repositories and directories where they are.")]
Name = Annotated[str | None, typer.Option("--name", help="The service's name, where it is one.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="Of the plan, only this service; may be said again.")]
Rest = Annotated[bool, typer.Option("--rest", help="With --only: track the others, and what is left, where they are.")]
PLAN: Columns = {
    "Service": "name",
    "What happens": "says",
    "From": "source",
    "History": lambda step: _history(step.history),
    "Not committed": lambda step: [one.path for one in step.withheld],
    "Notes": lambda step: " ".join(step.notes),
}
LEFT: Columns = {"Left out": "source", "Why": lambda one: f"{one.reason}. {one.mend or ''}".strip()}
FOUND: Columns = {
    "Found in a history": lambda one: f"{one[0]}/{one[1].path}" + (f", line {one[1].line}" if one[1].line else ""),
    "Since": lambda one: one[1].commit[:12],
    "What": lambda one: one[1].reason,
}
STAYS: Columns = {"Repository": "source", "What stays there": "reason"}
INCOMPLETE = 5


def _wish(
    sources: list[str],
    directories: bool | None,
    *,
    in_place: bool,
    name: str | None,
    only: list[str] | None,
    rest: bool,
) -> Wish:
    """Take paths from where the person stands: the work may be done by the server."""
    paths = [
        source if is_address(source) or not is_source(source) else str(Path(source).absolute()) for source in sources
    ]
    return Wish(tuple(paths), directories, in_place, name, frozenset(only) if only else None, rest)


def _shown(made: PlanOut) -> None:
    terminal.show(made.steps, columns=PLAN, empty="Nothing of this can become a service.")
    if made.left_out:
        terminal.show(made.left_out, columns=LEFT)
    found = [(step.name, find) for step in made.steps if step.history for find in step.history.finds]
    if found:
        terminal.show(found, columns=FOUND)
    if made.stays:
        terminal.show(made.stays, columns=STAYS)


def _history(history: HistoryOut | None) -> str:
    if history is None:
        return ""
    tags = f", {plural(history.tags, 'tag')}" if history.tags else ""
    commits = f"{plural(history.commits, 'commit')} ({plural(history.merges, 'merge')})"
    return f"{commits}{tags}, {history.size_bytes / 1_000_000:.1f} MB"


@commands.command("plan")
def plan(
    sources: Sources,
    directories: Directories = None,
    in_place: InPlace = False,
    name: Name = None,
    only: Only = None,
    rest: Rest = False,
    json: Json = False,
) -> None:
    """Show what `adopt` would do, and change nothing."""
    wish = _wish(sources, directories, in_place=in_place, name=name, only=only, rest=rest)
    at = terminal.here()
    made = PlanOut.of(planned(at.units, at.actor(), at.home, wish))
    if json:
        terminal.show(made, json=True)
    else:
        _shown(made)


@commands.command("adopt")
def adopt(
    sources: Sources,
    directories: Directories = None,
    in_place: InPlace = False,
    name: Name = None,
    only: Only = None,
    rest: Rest = False,
    json: Json = False,
) -> None:
    """Make services of directories and repositories; what is one already stays as it is."""
    wish = _wish(sources, directories, in_place=in_place, name=name, only=only, rest=rest)
    with writing(settle=False) as uow:
        row = service.adopt(uow, terminal.here().home, wish)
    ended = terminal.follow([row.id])[0]
    if ended.failure is not None:
        raise ended.failure
    told(AdoptionOut.of(ended), json=json)


def told(done: AdoptionOut, *, json: bool) -> None:
    """Print how it went; the exit code says whether something could not be done."""
    if json:
        terminal.show(done, json=True)
    else:
        for one in done.adopted:
            typer.echo(one)
        terminal.say(f"{len(done.adopted)} adopted, {len(done.unchanged)} already a service.")
    for reason in done.withheld:
        terminal.say(f"Not committed: {reason.source} {reason.reason}")
    for reason in done.found:
        terminal.say(f"In the history: {reason.source} {reason.reason}")
    for reason in done.left_out:
        terminal.say(f"Left out: {reason.source} {reason.reason}")
    for reason in done.failed:
        terminal.warn(CalciferError(f"{reason.source}: {reason.reason}"))
    if done.failed or not (done.adopted or done.unchanged):
        raise typer.Exit(INCOMPLETE)


@commands.command("new")
def new(
    name: str,
    title: Annotated[str, typer.Option("--title", help="What people call it.")] = "",
    compose: Annotated[str | None, typer.Option("--compose", metavar="FILE|-", help="Its compose file.")] = None,
    json: Json = False,
) -> None:
    """Begin a service: a repository with what every service has."""
    at = terminal.here()
    made = service.new(at.units, at.actor(), at.home, Making(name, title, _compose(compose)))
    if json:
        terminal.show(MadeOut(name=made, path=str(at.home / made)), json=True)
    else:
        typer.echo(at.home / made)


def _compose(source: str | None) -> bytes | None:
    if source is None:
        return None
    try:
        return sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise Invalid.field("compose", f"{source} cannot be read: {error.strerror}.") from error
