"""The only place for forms that arrive after their sign-in has ended: nothing that was typed is lost with it."""

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from calcifer.kit.errors import Invalid
from calcifer.kit.web.answers import page
from calcifer.kit.web.forms import FORMS, typed
from calcifer.kit.web.gate import local_path

LARGEST_BYTES = 1_000_000
"""Whoever sends it may be anybody: more is not read, and stays where it was typed."""


async def give_back(request: Request) -> HTMLResponse | None:
    """Make the page that gives a form's text back and leads through the sign-in; None where there is no text to give back."""
    length = request.headers.get("content-length", "")
    if not request.headers.get("content-type", "").startswith(FORMS) or not length.isascii() or not length.isdecimal():
        return None
    try:
        values = await typed(request) if int(length) <= LARGEST_BYTES else None
    except (Invalid, HTTPException):
        return None
    if values is not None and not any(text.strip() for texts in values.values() for text in texts):
        return None
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    shown = local_path(address)
    return page(request, "kit/signed_out.html", status=401, values=values, address=shown)
