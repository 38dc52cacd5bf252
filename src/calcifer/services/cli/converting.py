"""Making a workspace of a directory that is a repository itself: `convert`. It needs no workspace, as there is none yet."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from calcifer import config
from calcifer.accounts.local import local_actor
from calcifer.kit import terminal
from calcifer.kit.errors import CalciferError
from calcifer.kit.git.names import visible
from calcifer.kit.terminal import Json
from calcifer.services.cli.routes import commands
from calcifer.services.layouts import journal
from calcifer.services.layouts.outlines import Outline
from calcifer.services.layouts.planned import planned
from calcifer.services.layouts.wishes import Wish
from calcifer.services.service import conversion
from calcifer.services.service.restoration import Restored, restore

INCOMPLETE = 5
Root = Annotated[
    Path | None, typer.Argument(metavar="PATH", help="The directory; the workspace (CALCIFER_HOME) if left out.")
]
App = Annotated[str | None, typer.Option("--app", metavar="NAME", help="The application's directory. Left out: found.")]
Docs = Annotated[
    str | None, typer.Option("--docs", metavar="NAME", help="Its documentation's directory; docs if left out.")
]
Remote = Annotated[str | None, typer.Option("--remote", metavar="URL", help="Add this as origin, and push to it.")]
Verify = Annotated[
    str | None,
    typer.Option("--verify", metavar="COMMAND", help="Tests to compare; the descriptor's if left out, '' for none."),
]
BackupIn = Annotated[Path | None, typer.Option("--backup-in", metavar="DIRECTORY", help="Instead of beside PATH.")]
Restore = Annotated[Path | None, typer.Option("--restore", metavar="BACKUP", help="Bring the old state back.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


@commands.command("convert")
def convert(
    root: Root = None,
    app: App = None,
    docs: Docs = None,
    remote: Remote = None,
    verify: Verify = None,
    backup_in: BackupIn = None,
    restore_from: Restore = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Make a workspace of a repository with an application and its docs/: first a plan, then a backup, then the rest."""
    if restore_from is not None:
        _shown_restored(restore(restore_from.absolute(), datetime.now(UTC), root and root.absolute()), json=json)
        return
    place = (root.expanduser().absolute() if root else config.read().home).resolve()
    wish = Wish(place, app, docs, remote, verify, backup_in and backup_in.absolute())
    if not _is_wanted(wish, yes=yes, json=json):
        return
    person = local_actor(place).person
    _shown(conversion.convert(wish, person, datetime.now(UTC), say=terminal.say), json=json)


def _is_wanted(wish: Wish, *, yes: bool, json: bool) -> bool:
    """Show the plan, and ask; where there is nobody to ask, it ends with the plan."""
    if wish.root.is_dir():
        conversion.tidy(wish.root)
    begun = journal.read(wish.root) if wish.root.is_dir() else None
    if begun is not None:
        terminal.say(f"A conversion of {wish.root} has begun, and goes on. Its backup: {begun.backup}")
        return True
    outline = Outline.of(planned(wish, datetime.now(UTC)))
    if json and not yes:
        terminal.show(outline, json=True)
        return False
    for line in outline.lines():
        typer.echo(terminal.plain(line), err=json)
    if yes:
        return True
    if not sys.stdin.isatty():
        terminal.say("Nothing has been done. To do it, say the same with --yes.")
        return False
    return typer.confirm("Do it?", err=True)


def _shown(done: conversion.Report, *, json: bool) -> None:
    if json:
        terminal.show(done, json=True)
    else:
        typer.echo(done.path)
        terminal.say(f"It is a repository of its own now, with {done.commits} commits.")
        if done.pushed:
            terminal.say(
                f"Pushed to {done.pushed}. Other branches and tags: git -C {done.path} push origin 'refs/heads/*' 'refs/tags/*'"
            )
        terminal.say(f"The backup: {done.backup}\nBack to it: calcifer convert --restore {done.backup}")
        terminal.say("Next: calcifer scan")
    if done.push_failure:
        terminal.warn(CalciferError(done.push_failure, mend=done.repeat))
        raise typer.Exit(INCOMPLETE)


def _shown_restored(done: Restored, *, json: bool) -> None:
    if json:
        terminal.show(done, json=True)
        return
    typer.echo(done.path)
    terminal.say(f"{visible(done.path)} is what it was.")
    if done.aside:
        terminal.say(f"What lay there since is in {visible(done.aside)}.")
