"""`calcifer secrets …`: values come from standard input or are asked for, never from the command line, which everybody sees."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from calcifer.kit import terminal
from calcifer.kit.errors import Conflict, Invalid, Unavailable
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Columns, Json, reading, say, show, writing
from calcifer.secrets import service
from calcifer.secrets.keys import Keys
from calcifer.secrets.schemas import NewSecret, Removal, RevealedOut, RotationOut, SecretOut, Which
from calcifer.secrets.service import Changed
from calcifer.work.schemas import ChangeOut, ItemOut
from calcifer.work.service.details import verdict_out

commands = typer.Typer(
    name="secrets", help="Secrets of services, encrypted in their repositories.", no_args_is_help=True
)
Service = Annotated[str, typer.Argument(metavar="SERVICE", help="A service.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The variable.")]
Target = Annotated[str | None, typer.Option("--target", help="A target; needed where the service has several.")]
Why = Annotated[str, typer.Option("--reason", "-m", help="Why; becomes the change entry.")]
ToItem = Annotated[
    int | None, typer.Option("--item", help="An open item that takes the change; one of its own without it.")
]
HELD = 5
MASK = "********"
SECRETS: Columns = {"Target": "target", "Name": "name", "Value": lambda one: getattr(one, "value", MASK)}


@commands.command("list")
def secrets(service_name: Service, json: Json = False) -> None:
    """List the secrets of a service; values are masked."""
    with reading() as uow:
        rows = [SecretOut.model_validate(one, from_attributes=True) for one in service.list_secrets(uow, service_name)]
    show(
        rows,
        json=json,
        columns=SECRETS,
        empty=f"{service_name} has no secrets: calcifer secrets set {service_name} NAME",
    )


@commands.command("set")
def set_(
    service_name: Service, name: Name, target: Target = None, reason: Why = "", item: ToItem = None, json: Json = False
) -> None:
    """Set a secret to what is typed, or to what comes from standard input, without a line end that stands last."""
    new = checked(NewSecret, name=name, target=target, reason=reason, item=item, value=_typed(name))
    with writing() as uow:
        made = service.set(uow, service_name, new, _keys())
        _tell(made, json=json)
    _hint()
    _end(made)


@commands.command("remove")
def remove(
    service_name: Service, name: Name, target: Target = None, reason: Why = "", item: ToItem = None, json: Json = False
) -> None:
    """Take a secret out of the repository; its history keeps it, encrypted."""
    which = checked(Removal, name=name, target=target, reason=reason, item=item)
    with writing() as uow:
        made = service.remove(uow, service_name, which)
        _tell(made, json=json)
    _end(made)


@commands.command("show")
def secret(
    service_name: Service,
    name: Name,
    target: Target = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Print the value alone; the activity notes it.")] = False,
    json: Json = False,
) -> None:
    """Show a secret, masked; with --reveal its value."""
    if not reveal:
        with reading() as uow:
            rows = [one for one in service.list_secrets(uow, service_name) if one.name == name]
        found = [SecretOut.model_validate(one, from_attributes=True) for one in rows if target in (None, one.target)]
        show(found, json=json, columns=SECRETS, empty=f"{service_name} has no secret {name}.")
        return
    with writing() as uow:
        one, value = service.reveal(uow, service_name, checked(Which, name=name, target=target), _keys())
    if json:
        show(RevealedOut(target=one.target, name=one.name, path=one.path, value=value), json=True)
    else:
        typer.echo(value)


@commands.command("rotate")
def rotate(
    recovery: Annotated[bool, typer.Option("--recovery", help="Make a new recovery key as well.")] = False,
    json: Json = False,
) -> None:
    """Make a new key, and encrypt all secrets for it: one item for each service."""
    with writing() as uow:
        made = [ItemOut.of(one) for one in service.rotate(uow, _keys(), recovery=recovery)]
    show(RotationOut(items=made) if json else None, json=json)
    for one in made:
        say(f"#{one.number} of {one.service} is {one.state}.")
    say("There is a new key. Whoever knew a value still knows it: change the values too, where that is why.")
    _hint()


@commands.command("recovery")
def recovery(
    to: Annotated[Path | None, typer.Option("--to", help="A new file for it; without it, it is printed.")] = None,
    json: Json = False,
) -> None:
    """Take the recovery key, this once: it reads every secret, and is kept nowhere here afterwards."""
    keys = _keys()
    with writing() as uow:
        text = service.recovery(uow, keys)
        if to is not None:
            _write_new(to, text)
        elif json:
            show({"recovery_key": text}, json=True)
        else:
            typer.echo(text, nl=False)
    keys.forget_recovery()
    say("Keep it away from this machine. It is not here any more, and not shown again.")


@commands.command("restore")
def restore(
    file: Annotated[str, typer.Argument(help="The file with the recovery key; - reads standard input.")],
    json: Json = False,
) -> None:
    """Put the recovery key in, where the workspace has lost its own."""
    text = sys.stdin.read() if file == "-" else _text(Path(file))
    with writing() as uow:
        opens = service.restore(uow, _keys(), text)
    show({"opens": opens} if json else None, json=json)
    say(
        f"It opens {opens} secrets: deployments work again. To encrypt them for this workspace: calcifer secrets rotate"
    )


def _keys() -> Keys:
    return Keys(terminal.here().home / "var")


def _typed(name: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True, err=True))
    try:
        return sys.stdin.read().removesuffix("\n")
    except UnicodeDecodeError:
        raise Invalid.field("value", "It is no UTF-8, and no environment could have it.") from None


def _tell(made: Changed, *, json: bool) -> None:
    item, verdicts = made
    if json:
        done = item.state == "completed"
        out: Any = ChangeOut(item=ItemOut.of(item), verdicts=[verdict_out(one) for one in verdicts], completed=done)
        show(out, json=True)
    held = " ".join(one.sentence for one in verdicts if not one.lets_through)
    say(f"#{item.number} is completed." if item.state == "completed" else f"#{item.number} is open. {held}")


def _end(made: Changed) -> None:
    if made[0].state != "completed" and made[0].is_express:
        raise typer.Exit(HELD)


def _hint() -> None:
    if _keys().has_recovery():
        say(
            "Nobody has taken the recovery key yet. If this machine is lost, so are the secrets: calcifer secrets recovery"
        )


def _write_new(file: Path, text: str) -> None:
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError:
        raise Conflict(f"{file} is there already: name a new file.") from None
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}.") from None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid.field(
            "file", f"{file} cannot be read: {getattr(error, 'strerror', None) or 'no text'}."
        ) from None
