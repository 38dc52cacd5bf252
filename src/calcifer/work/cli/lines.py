"""The checklist of an item, line by line."""

from typing import Annotated

import typer

from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Json, writing
from calcifer.work import service
from calcifer.work.cli.routes import Number, commands, shown
from calcifer.work.schemas import ChecklistText

Line = Annotated[int, typer.Argument(metavar="LINE", help="The line, counted from 1.")]


@commands.command("tick")
def tick(number: Number, line: Line, json: Json = False) -> None:
    """Mark a line as done."""
    with writing() as uow:
        service.tick(uow, number, line)
        shown(uow, number, json=json)


@commands.command("untick")
def untick(number: Number, line: Line, json: Json = False) -> None:
    """Take the mark off a line."""
    with writing() as uow:
        service.untick(uow, number, line)
        shown(uow, number, json=json)


@commands.command("add")
def add(number: Number, text: str, json: Json = False) -> None:
    """Add a line at the end."""
    new = checked(ChecklistText, text=text)
    with writing() as uow:
        service.add(uow, number, new)
        shown(uow, number, json=json)


@commands.command("move")
def move(number: Number, line: Line, to: Annotated[int, typer.Argument(metavar="TO")], json: Json = False) -> None:
    """Put a line elsewhere."""
    with writing() as uow:
        service.move(uow, number, line, to)
        shown(uow, number, json=json)


@commands.command("remove")
def remove(number: Number, line: Line, json: Json = False) -> None:
    """Take a line off the list."""
    with writing() as uow:
        service.remove(uow, number, line)
        shown(uow, number, json=json)
