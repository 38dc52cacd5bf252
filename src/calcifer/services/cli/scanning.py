"""Looking for what is new in the workspace: `init` and `scan`."""

import typer

from calcifer.kit import terminal
from calcifer.kit.errors import CalciferError
from calcifer.kit.terminal import Json, writing
from calcifer.services import service
from calcifer.services.cli.routes import commands
from calcifer.services.scans import ScanOut

INCOMPLETE = 5


@commands.command("init")
def init(json: Json = False) -> None:
    """Make the workspace, and take in the repositories that lie in it."""
    done = looked()
    told(done, json=json)
    terminal.say(f"The workspace is {terminal.here().home}. Next: calcifer adopt PATH, or calcifer serve.")


@commands.command("scan")
def scan(json: Json = False) -> None:
    """Look for new repositories, for ones whose main has moved, and for ones that are gone."""
    done = looked()
    told(done, json=json)
    if done.failed:
        raise typer.Exit(INCOMPLETE)


def looked() -> ScanOut:
    """Scan and wait for it."""
    with writing(settle=False) as uow:
        row = service.scan(uow)
    ended = terminal.follow([row.id])[0]
    if ended.failure is not None:
        raise ended.failure
    return ScanOut.of(ended)


def told(done: ScanOut, *, json: bool) -> None:
    """Print how it went."""
    if json:
        terminal.show(done, json=True)
    else:
        for word, names in (("new", done.new), ("changed", done.changed), ("missing", done.missing)):
            for name in names:
                typer.echo(f"{word}\t{name}")
        terminal.say(done.says)
    for one in done.failed:
        terminal.warn(CalciferError(f"{one.name}: {one.reason}"))
    if done.failed:
        terminal.say("How to mend that: calcifer doctor --no-fsck")
