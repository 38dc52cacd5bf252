"""`calcifer accounts …`: setup without a browser, tokens, a forgotten password.

Whoever can read the workspace's files can do everything here; so nobody is asked for a password, and people are named by mail.
"""

from typing import Annotated

import typer

from calcifer.accounts import queries
from calcifer.accounts import service as accounts
from calcifer.accounts.models import Person
from calcifer.accounts.schemas import MadeToken, NewOwner, TokenOut
from calcifer.kit.schemas import checked
from calcifer.kit.uow import Actor, Units

commands = typer.Typer(name="accounts", help="People, tokens, passwords.", no_args_is_help=True)
NOBODY = Actor("", "", "nobody")
Mail = Annotated[str | None, typer.Option("--mail", help="Whose; the owner's where it is left out.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Secret = Annotated[str, typer.Option("--password", prompt=True, hide_input=True, confirmation_prompt=True)]


def _units(context: typer.Context) -> Units:
    units: Units = context.obj.units
    return units


def _person(units: Units, mail: str | None) -> Person:
    with units.read(NOBODY) as uow:
        return queries.get_person_by_mail(uow.db, mail) if mail else queries.get_owner(uow.db)


@commands.command("setup")
def setup(
    context: typer.Context,
    name: Annotated[str, typer.Option(prompt=True, help="It signs your commits.")],
    mail: Annotated[str, typer.Option(prompt="Mail address", help="It signs your commits.")],
    password: Secret,
) -> None:
    """Make the owner."""
    data = checked(NewOwner, name=name, mail=mail, password=password)
    with _units(context).write(NOBODY) as uow:
        accounts.setup(uow, data.name, data.mail, data.password, code="", expected_code=None)
    typer.echo(f"{data.name} owns this workspace now.")


@commands.command("tokens")
def tokens(context: typer.Context, mail: Mail = None, as_json: Json = False) -> None:
    """List tokens that are in force."""
    person = _person(_units(context), mail)
    with _units(context).read(person.actor) as uow:
        rows = [TokenOut.model_validate(row) for row in queries.list_tokens(uow.db, person.id, limit=1000)]
    for row in rows:
        typer.echo(row.model_dump_json() if as_json else f"{row.id}\t{row.name}\t{row.created_at:%Y-%m-%d %H:%M}")


@commands.command("make-token")
def make_token(context: typer.Context, name: str, mail: Mail = None, as_json: Json = False) -> None:
    """Make a token and print its secret, this once."""
    with _units(context).write(_person(_units(context), mail).actor) as uow:
        token, secret = accounts.make_token(uow, name)
        made = MadeToken(token=TokenOut.model_validate(token), secret=secret)
    typer.echo(made.model_dump_json() if as_json else secret)


@commands.command("revoke-token")
def revoke_token(context: typer.Context, token_id: int, mail: Mail = None) -> None:
    """Make a token useless."""
    with _units(context).write(_person(_units(context), mail).actor) as uow:
        accounts.revoke_token(uow, token_id)
    typer.echo("The token has been revoked.")


@commands.command("change-password")
def change_password(context: typer.Context, password: Secret, mail: Mail = None) -> None:
    """Take a new password without the old one, and sign every browser out."""
    with _units(context).write(_person(_units(context), mail).actor) as uow:
        accounts.change_password(uow, None, password)
    typer.echo("The password has been changed, and every browser has been signed out.")
