"""Day to day on the command line: state, logs, restart, stop, start."""

import asyncio
import json as json_module
from collections.abc import Callable
from contextlib import aclosing
from typing import Annotated

import typer

from calcifer.deployments import service as verbs
from calcifer.deployments.cli.routes import commands
from calcifer.deployments.cli.runs import NOT_GOOD, Service, To
from calcifer.deployments.daily import LogLine, LogWish, OperationOut, OperationWish
from calcifer.deployments.models import Operation
from calcifer.deployments.queries import daily as queries
from calcifer.deployments.schemas import Place
from calcifer.deployments.service import daily, reading
from calcifer.kit import terminal
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Columns, Json, say, show, writing
from calcifer.kit.uow import UnitOfWork

Parts = Annotated[
    list[str] | None, typer.Argument(metavar="[PART]...", help="Services of the compose files; all without one.")
]
CONTAINERS: Columns = {
    "Part": "part",
    "Container": "container",
    "State": "state",
    "Engine": "said",
    "Image": "image",
    "Ports": "ports",
}


@commands.command("state")
def state(service: Service, to: To = None, json: Json = False) -> None:
    """Ask the host what runs of a service, container by container."""
    at = terminal.here()
    found = reading.state(at.units, at.actor(), at.home / "var", checked(Place, service=service, to=to))
    if json:
        show(found, json=True)
        return
    if found.stopped:
        say(found.stopped)
    show(found.containers, columns=CONTAINERS, empty=f"{found.host} has no container of {found.service}.")


@commands.command("logs")
def logs(
    service: Service,
    parts: Parts = None,
    to: To = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is written from now on; Ctrl-C ends it.")
    ] = False,
    since: Annotated[str, typer.Option(help="An instant (2026-01-31T12:00), or how long ago: 15m, 2h, 3d.")] = "",
    tail: Annotated[int, typer.Option("--tail", "-n", help="How many lines of the end.")] = 200,
    text: Annotated[str, typer.Option("--grep", "-g", help="Only lines that have this in them.")] = "",
    json: Json = False,
) -> None:
    """Print what the containers of a service write, read from its host."""
    wish = checked(LogWish, service=service, to=to, parts=parts or [], since=since, tail=tail, text=text)
    at = terminal.here()
    if follow:
        found = reading.followed(at.units, at.actor(), at.home / "var", wish)
        asyncio.run(_followed(found, wish, json=json))
        return
    _, read = reading.logs(at.units, at.actor(), at.home / "var", wish)
    if json:
        show(read, json=True)
    for one in [] if json else read.lines:
        typer.echo(_told(one))
    if read.is_cut:
        say("There was more than is read at once: ask for less with --since or --tail.")


@commands.command("restart")
def restart(service: Service, parts: Parts = None, to: To = None, json: Json = False) -> None:
    """Restart what runs of a service; ends with 5 where it is not well then."""
    _operate(verbs.restart, checked(OperationWish, service=service, to=to, parts=parts or []), json=json)


@commands.command("stop")
def stop(service: Service, parts: Parts = None, to: To = None, json: Json = False) -> None:
    """Stop what runs of a service; it stays stopped until somebody starts or deploys it."""
    _operate(verbs.stop, checked(OperationWish, service=service, to=to, parts=parts or []), json=json)


@commands.command("start")
def start(service: Service, parts: Parts = None, to: To = None, json: Json = False) -> None:
    """Start what was stopped."""
    _operate(verbs.start, checked(OperationWish, service=service, to=to, parts=parts or []), json=json)


def _operate(verb: Callable[[UnitOfWork, OperationWish], Operation], wish: OperationWish, *, json: bool) -> None:
    with writing(settle=False) as uow:
        number = verb(uow, wish).id
    with terminal.reading() as uow:
        job = daily.job_of(uow, number).id
    ended = terminal.follow([job])[0]
    if ended.failure is not None:
        raise ended.failure
    with terminal.reading() as uow:
        found = OperationOut.of(*queries.get_operation(uow.db, number))
    show(found if json else None, json=json)
    if found.error:
        say(found.error)
        if found.mend:
            say(f"  → {found.mend}")
        raise typer.Exit(NOT_GOOD)
    say(found.verdict or f"It is {found.state}.")


async def _followed(found: daily.There, wish: LogWish, *, json: bool) -> None:
    async with aclosing(reading.follow(found, wish)) as lines:
        async for one in lines:
            if one is not None:
                typer.echo(json_module.dumps(one.model_dump()) if json else _told(one))


def _told(one: LogLine) -> str:
    return terminal.plain(f"{one.container} | {one.text}" if one.container else one.text)
