"""The only place that turns errors into answers, one table for pages and API.

Where a form was refused (Invalid, Conflict), the page that it belongs to is made once more by its own GET handler, with what was
typed and what was wrong in `form`. By then the unit of work that raised has been rolled back.
"""

import math
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match
from starlette.types import Message, Scope

from calcifer.kit.errors import CalciferError, Conflict, Forbidden, Invalid, NotFound, Unavailable
from calcifer.kit.schemas import sentence
from calcifer.kit.web import forms
from calcifer.kit.web.answers import page
from calcifer.kit.web.etags import PreconditionFailed
from calcifer.kit.web.forms import Form, FormOutdated
from calcifer.kit.web.gate import API
from calcifer.kit.web.problems import TITLES, problem_response
from calcifer.kit.web.routers import AGAIN
from calcifer.kit.web.site import site_of
from calcifer.kit.web.waiting import TooManyAttempts

STATUS: dict[type[CalciferError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Invalid: 422,
    PreconditionFailed: 412,
    Conflict: 409,
    TooManyAttempts: 429,
    Unavailable: 503,
}
SHOWN_AGAIN = (Invalid, Conflict, FormOutdated, TooManyAttempts)


def install(app: FastAPI) -> None:
    """Let `app` answer errors by the table."""
    app.add_exception_handler(CalciferError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)


def status_of(error: CalciferError) -> int:
    """Return the HTTP status of an error: that of the nearest class in the table."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


async def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CalciferError)
    status = status_of(error)
    headers = {"Retry-After": str(math.ceil(error.seconds))} if isinstance(error, TooManyAttempts) else {}
    if request.url.path.startswith(API):
        fields = error.fields if isinstance(error, Invalid) else None
        request_id = request.state.request_id
        return problem_response(
            status, None, error.message, mend=error.mend, fields=fields, request_id=request_id, headers=headers
        )
    if request.method not in ("GET", "HEAD") and isinstance(error, SHOWN_AGAIN):
        again = await _page_again(request, error, status)
        if again is not None:
            again.headers.update(headers)
            return again
    return error_page(request, status, error.message, error.mend)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [
        (tuple(map(str, one["loc"])), sentence(one["type"], one["msg"], one.get("ctx") or {})) for one in error.errors()
    ]
    if any(loc[0] == "path" for loc, _ in found) and not request.url.path.startswith(API):
        return await _on_error(request, NotFound("There is no page at this address."))
    fields: dict[str, str] = {}
    for loc, words in found:
        fields.setdefault(".".join(loc[1:]) or loc[0], words)
    message = "; ".join(f"{name}: {words}" for name, words in fields.items())
    return await _on_error(request, Invalid(message, fields=fields))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "There is nothing at this address.", 405: "This address does not know this method."}
    message = words.get(error.status_code, error.detail)
    if request.url.path.startswith(API):
        return problem_response(
            error.status_code, None, message, request_id=request.state.request_id, headers=error.headers
        )
    response = error_page(request, error.status_code, message)
    response.headers.update(error.headers or {})
    return response


def error_page(request: Request, status: int, message: str, mend: str | None = None) -> HTMLResponse:
    """Make the page for an error that belongs to no form."""
    return page(
        request,
        "kit/error.html",
        status=status,
        title=TITLES.get(status, "Error"),
        message=message,
        mend=mend,
        code=status,
    )


async def _page_again(request: Request, error: CalciferError, status: int) -> Response | None:
    """Make the page that the refused form belongs to, or return None where there is none."""
    scope = _scope_again(request)
    if scope is None:
        return None
    fields = error.fields if isinstance(error, Invalid) else {}
    token = request.state.identity.form_token if request.state.identity else None
    form = Form(token or "", _sent_to(request), await forms.typed(request), fields, error.message, error.mend)
    scope["state"] = {**request.scope["state"], "form": form}
    answer: dict[str, Any] = {"status": 500, "headers": [], "body": b""}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer["status"], answer["headers"] = message["status"], message["headers"]
        else:
            answer["body"] += message.get("body", b"")

    await request.app.router(scope, _nothing_more, send)
    if answer["status"] != 200:  # the page itself is gone, or is not for this person: then the error says more
        return None
    return HTMLResponse(answer["body"], status)


def _sent_to(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}


def _scope_again(request: Request) -> Scope | None:
    scope = {key: value for key, value in request.scope.items() if key in KEPT}
    scope["method"] = "GET"
    again: str | None = getattr(request.scope.get("endpoint"), AGAIN, None)
    if again is not None:
        return scope | _address(site_of(request).path(again, **request.path_params).partition("?")[0])
    path = request.url.path
    while path:
        if any(route.matches(scope | _address(path))[0] == Match.FULL for route in request.app.routes):
            return scope | _address(path)
        path = path.rpartition("/")[0]
    return None


KEPT = (
    "type", "asgi", "http_version", "scheme", "query_string", "root_path", "headers", "client", "server", "extensions",
    "app", "router", "starlette.exception_handlers", "fastapi_middleware_astack",
)  # fmt: skip


def _address(path: str) -> dict[str, Any]:
    return {"path": unquote(path), "raw_path": path.encode()}
