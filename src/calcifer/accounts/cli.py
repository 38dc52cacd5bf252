"""`calcifer accounts …`: setup without a browser, tokens, a forgotten password.

Whoever can read the workspace's files can do everything here; so nobody is asked for a password, and people are named by mail.
"""

from typing import Annotated

import typer

from calcifer.accounts import queries
from calcifer.accounts import service as accounts
from calcifer.accounts.models import Person
from calcifer.accounts.schemas import MadeToken, NewOwner, NewToken, PersonChanges, PersonOut, TokenOut
from calcifer.kit import terminal
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Json
from calcifer.kit.uow import Actor

commands = typer.Typer(name="accounts", help="People, tokens, passwords.", no_args_is_help=True)
NOBODY = Actor("", "", "nobody")
Mail = Annotated[str | None, typer.Option("--mail", help="Whose; the owner's where it is left out.")]
Secret = Annotated[str, typer.Option("--password", prompt=True, hide_input=True, confirmation_prompt=True)]


def _person(mail: str | None) -> Person:
    with terminal.here().units.read(NOBODY) as uow:
        return queries.get_person_by_mail(uow.db, mail) if mail else queries.get_owner(uow.db)


def _told(value: PersonOut | TokenOut, *, as_json: bool) -> None:
    """Print for a program what a sentence says for a person."""
    if as_json:
        terminal.show(value, json=True)


@commands.command("setup")
def setup(
    name: Annotated[str, typer.Option(prompt=True, help="It signs your commits.")],
    mail: Annotated[str, typer.Option(prompt="Mail address", help="It signs your commits.")],
    password: Secret,
    as_json: Json = False,
) -> None:
    """Make the owner."""
    data = checked(NewOwner, name=name, mail=mail, password=password)
    with terminal.here().units.write(NOBODY) as uow:
        owner = accounts.setup(uow, data.name, data.mail, data.password, code="", expected_code=None)
        made = PersonOut.model_validate(owner)
    _told(made, as_json=as_json)
    terminal.say(f"{data.name} owns this workspace now.")


@commands.command("tokens")
def tokens(mail: Mail = None, as_json: Json = False) -> None:
    """List tokens that are in force."""
    person = _person(mail)
    with terminal.here().units.read(person.actor) as uow:
        rows = [TokenOut.model_validate(row) for row in queries.list_tokens(uow.db, person.id, limit=1000)]
    columns = {"Id": "id", "Name": "name", "Made": "created_at", "Last used": "seen_at"}
    terminal.show(rows, json=as_json, columns=columns, empty="No tokens.")


@commands.command("make-token")
def make_token(name: str, mail: Mail = None, as_json: Json = False) -> None:
    """Make a token and print its secret, this once."""
    data = checked(NewToken, name=name)
    with terminal.here().units.write(_person(mail).actor) as uow:
        token, secret = accounts.make_token(uow, data.name)
        made = MadeToken(token=TokenOut.model_validate(token), secret=secret)
    terminal.show(made if as_json else secret, json=as_json)


@commands.command("revoke-token")
def revoke_token(
    token_id: Annotated[int, typer.Argument(min=1, max=2**31 - 1)], mail: Mail = None, as_json: Json = False
) -> None:
    """Make a token useless."""
    with terminal.here().units.write(_person(mail).actor) as uow:
        revoked = TokenOut.model_validate(accounts.revoke_token(uow, token_id))
    _told(revoked, as_json=as_json)
    terminal.say("The token has been revoked.")


@commands.command("edit")
def edit(
    name: Annotated[str | None, typer.Option(help="The new name.")] = None,
    mail: Annotated[str | None, typer.Option(help="The new mail address.")] = None,
    of: Annotated[str | None, typer.Option("--of", help="Whose; the owner's where it is left out.")] = None,
    as_json: Json = False,
) -> None:
    """Change the name and mail address that sign commits."""
    changes = checked(PersonChanges, name=name, mail=mail)
    with terminal.here().units.write(_person(of).actor) as uow:
        changed = PersonOut.model_validate(accounts.edit(uow, None, changes))
    terminal.show(changed, json=as_json)


@commands.command("change-password")
def change_password(password: Secret, mail: Mail = None, as_json: Json = False) -> None:
    """Take a new password without the old one, and sign every browser out."""
    with terminal.here().units.write(_person(mail).actor) as uow:
        changed = PersonOut.model_validate(accounts.change_password(uow, None, password))
    _told(changed, as_json=as_json)
    terminal.say("The password has been changed, and every browser has been signed out.")
