"""Getting services in from elsewhere, on the command line: `survey`, `adopt-from`."""

from typing import Annotated

import typer

from calcifer.kit import terminal
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import AskToken, Columns, Json, TokenFrom, writing
from calcifer.services import service
from calcifer.services.adoptions import AdoptionOut
from calcifer.services.arrivals import AdoptFrom, FoundOut, Survey, SurveyOut
from calcifer.services.cli.adopting import told
from calcifer.services.cli.routes import commands

Url = Annotated[
    str, typer.Argument(metavar="URL", help="https://git.example.org/some-group, or ssh://host/opt/stacks.")
]
Kind = Annotated[str | None, typer.Option("--kind", help="gitea, forgejo, github, gitlab; left out, it is found out.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="Of the survey, only this name; may be said again.")]
BySsh = Annotated[bool, typer.Option("--by-ssh", help="Clone by ssh, with your own keys, instead of https.")]
FOUND: Columns = {
    "Service": "name",
    "From": "path",
    "What happens": lambda one: one.says if one.by_default or one.kind != "clone" else "not taken unless named",
    "Why": "reason",
    "Notes": lambda one: [*one.notes, *([_read(one.files)] if one.files else [])],
    "Stays there": lambda one: [out.path for out in one.withheld],
}


def _read(files: int) -> str:
    return f"{files} files are read" if files > 1 else "1 file is read"


@commands.command("survey")
def survey(
    url: Url, kind: Kind = None, token_from: TokenFrom = None, ask_token: AskToken = False, json: Json = False
) -> None:
    """Show what a user or group of a forge has, or a directory on another machine, and take nothing."""
    asked = checked(Survey, url=url, kind=kind, token=terminal.token(token_from, ask=ask_token))
    with writing(settle=False) as uow:
        row = service.survey(uow, terminal.here().home / "var", asked.asked(), asked.secret())
    ended = terminal.follow([row.id])[0]
    if ended.failure is not None:
        raise ended.failure
    _shown(SurveyOut.of(ended), json=json)


def _shown(made: SurveyOut, *, json: bool) -> None:
    if json:
        terminal.show(made, json=True)
        return
    found: list[FoundOut] = made.found
    terminal.show(found, columns=FOUND, empty="There is nothing that could become a service.")
    for note in made.notes:
        terminal.say(note)


@commands.command("adopt-from")
def adopt_from(
    url: Url,
    only: Only = None,
    kind: Kind = None,
    by_ssh: BySsh = False,
    token_from: TokenFrom = None,
    ask_token: AskToken = False,
    json: Json = False,
) -> None:
    """Make services of what a survey shows: all that it takes by default, or those that are named."""
    token = terminal.token(token_from, ask=ask_token)
    asked = checked(AdoptFrom, url=url, kind=kind, by_ssh=by_ssh, only=only or None, token=token)
    with writing(settle=False) as uow:
        row = service.adopt_from(uow, terminal.here().home / "var", asked.asked(), asked.secret())
    ended = terminal.follow([row.id])[0]
    if ended.failure is not None:
        raise ended.failure
    told(AdoptionOut.of(ended), json=json)
