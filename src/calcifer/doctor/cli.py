"""`calcifer doctor`: what is wrong, and how to mend it.

It works where nothing else does: the workspace is opened as it is, and no job is promised, since the database may be what is wrong.
"""

from pathlib import Path
from typing import Annotated

import typer

from calcifer import config
from calcifer.accounts.local import local_actor
from calcifer.accounts.permissions import require
from calcifer.doctor import examination
from calcifer.doctor.examination import Examination
from calcifer.doctor.schemas import ExaminationOut
from calcifer.kit import terminal
from calcifer.kit.diagnosis import Ward
from calcifer.kit.errors import CalciferError
from calcifer.kit.terminal import Columns, Json
from calcifer.kit.uow import Actor

commands = typer.Typer(name="doctor", help="What is wrong, and how to mend it.")
WRONG = 5
FOUND: Columns = {"Check": "check", "Where": "subject", "What": "sentence", "To mend it": "mend"}
Fsck = Annotated[bool, typer.Option("--fsck/--no-fsck", help="Let git read every object.")]


@commands.callback(invoke_without_command=True)
def doctor(
    context: typer.Context,
    mend_: Annotated[bool, typer.Option("--mend", help="Mend what can be mended without losing anything.")] = False,
    fsck: Fsck = True,
    json: Json = False,
) -> None:
    """Look at repositories, database, files and this machine; say what is wrong. Ends with 5 where something is."""
    if context.invoked_subcommand is None:
        (mend if mend_ else examine)(fsck, json)


@commands.command()
def examine(fsck: Fsck = True, json: Json = False) -> None:
    """Look, and change nothing."""
    _told(_done(mends=False, fsck=fsck), json=json)


@commands.command()
def mend(fsck: Fsck = True, json: Json = False) -> None:
    """Look, and mend what can be mended without losing anything."""
    _told(_done(mends=True, fsck=fsck), json=json)


def _done(*, mends: bool, fsck: bool) -> Examination:
    home = config.read().home
    try:
        at = terminal.as_it_is()
    except CalciferError as error:
        return Examination(found=[examination.unopened(error, home)], left_out=list(examination.ALL))
    actor = _actor(at.home, mends=mends)
    require(actor, "doctor.mend" if mends else "doctor.examine")
    with terminal.telling() as tell:
        ward = Ward(at.home, at.parts.settings.var, at.units, actor, tell)
        act = examination.mend if mends else examination.examine
        return act(ward, reads_all=fsck)


def _actor(home: Path, *, mends: bool) -> Actor:
    """Return who asks; to look, one need not be known, and git itself may be what is missing."""
    try:
        return local_actor(home)
    except CalciferError:
        if mends:
            raise
        return Actor("Somebody", "", "owner")


def _told(made: Examination, *, json: bool) -> None:
    out = ExaminationOut.of(made)
    if json:
        terminal.show(out, json=True)
    else:
        terminal.show(out.found, columns=FOUND, empty="Nothing is wrong.")
        for one in out.mended:
            terminal.say(f"Mended: {one.sentence}")
        safe = sum(one.is_safe for one in out.found)
        if safe:
            terminal.say(f"{safe} of these can be mended without losing anything: calcifer doctor --mend")
        without = f", without {', '.join(out.left_out)}" if out.left_out else ""
        terminal.say(f"{len(out.done)} checks in {out.seconds} s{without}.")
    if not out.is_healthy:
        raise typer.Exit(WRONG)
