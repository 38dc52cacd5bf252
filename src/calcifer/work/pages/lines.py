"""The checklist of an item, line by line."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import Response

from calcifer.kit.schemas import checked
from calcifer.kit.web import Writing, to
from calcifer.work import service
from calcifer.work.pages.routes import Field, Number, router
from calcifer.work.schemas import ChecklistText

Line = Annotated[int, Form()]


def _back(request: Request, number: int) -> Response:
    return to(request, "work.item", number=number)


@router.post("/{number}/tick", again="work.item")
def tick(request: Request, uow: Writing, number: Number, line: Line) -> Response:
    """Mark a line as done."""
    service.tick(uow, number, line)
    return _back(request, number)


@router.post("/{number}/untick", again="work.item")
def untick(request: Request, uow: Writing, number: Number, line: Line) -> Response:
    """Take the mark off a line."""
    service.untick(uow, number, line)
    return _back(request, number)


@router.post("/{number}/add", again="work.item")
def add(request: Request, uow: Writing, number: Number, text: Field = "") -> Response:
    """Add a line."""
    service.add(uow, number, checked(ChecklistText, text=text))
    return _back(request, number)


@router.post("/{number}/move", again="work.item")
def move(request: Request, uow: Writing, number: Number, line: Line, to_line: Line) -> Response:
    """Put a line elsewhere."""
    service.move(uow, number, line, to_line)
    return _back(request, number)


@router.post("/{number}/remove", again="work.item")
def remove(request: Request, uow: Writing, number: Number, line: Line) -> Response:
    """Take a line off the list."""
    service.remove(uow, number, line)
    return _back(request, number)
