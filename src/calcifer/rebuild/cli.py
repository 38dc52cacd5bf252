"""`calcifer rebuild`: no command of a domain, for it has to work where the database cannot be opened."""

from pathlib import Path

import typer

from calcifer.accounts.local import local_actor
from calcifer.config import Settings
from calcifer.kit import terminal
from calcifer.kit.errors import CalciferError, Invalid
from calcifer.kit.uow import Actor
from calcifer.rebuild import service
from calcifer.rebuild.schemas import RebuiltOut, UnreadOut

INCOMPLETE = 5


def rebuild(settings: Settings, *, check: bool, also: list[Path], json: bool) -> None:
    """Do it and tell how it went; exit code 5 where something could not be read, or where a check finds differences."""
    actor, paths = _actor(settings), [path.absolute() for path in also]
    if check:
        with terminal.telling() as tell:
            found, report = service.check(settings, actor, paths, tell=tell)
        columns = {"What": "what", "Field": "field", "Database": "database", "Repositories": "repositories"}
        terminal.show(found, json=json, columns=columns, empty="The database and the repositories say the same.")
    else:
        with terminal.telling() as tell:
            report, found = service.rebuild(settings, actor, paths, tell=tell), []
        if json:
            terminal.show(report, json=True)
        _say(report)
    for one in report.unread:
        terminal.warn(CalciferError(_sentence(one)))
    if report.unread or found:
        raise typer.Exit(INCOMPLETE)


def _say(report: RebuiltOut) -> None:
    terminal.say(report.says)
    if report.kept:
        terminal.say(f"The database that was there is {report.kept}.")
    if report.carried:
        terminal.say(f"Taken over from it: {', '.join(report.carried)}.")
    if "people" not in report.carried:
        terminal.say("There are no people now: open /setup, or run calcifer accounts setup.")
    if report.lost:
        numbers = ", ".join(f"#{number}" for number in report.lost)
        terminal.say(f"In that database alone, and in no repository: {numbers}.")


def _sentence(one: UnreadOut) -> str:
    return f"{one.service}: {one.place}: {one.reason}" if one.service else f"{one.place}: {one.reason}"


def _actor(settings: Settings) -> Actor:
    try:
        return local_actor(settings.home)
    except Invalid:  # git has no name for who is at the keyboard, and nothing is signed here
        return Actor("Calcifer", "calcifer@localhost")
