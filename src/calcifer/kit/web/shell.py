"""The only place around every request: its id, the headers that keep a page from doing harm, and what nobody else caught."""

import logging
import secrets

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calcifer.kit.web.problems import problem_response

log = logging.getLogger("calcifer.web")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",  # for browsers that do not know frame-ancestors
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "private, no-cache",
}

FAILED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Calcifer failed</title>
<main><h1>Calcifer failed</h1>
<p>This is a defect of Calcifer. Nothing that you sent has been stored. What happened is in the log of the server, under
<code>{request_id}</code>.</p><p><a href="/">Back to the start</a></p></main></html>"""


class Shell:
    """ASGI middleware, the outermost one."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request its id and every answer its headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        is_head = scope["method"] == "HEAD"
        if is_head:  # the same as GET without the content (RFC 9110, 9.3.2); routes know GET alone
            scope = {**scope, "method": "GET"}
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        if (
            "\0" in scope["path"] or b"%00" in scope["query_string"]
        ):  # no name has it, and PostgreSQL takes it for a defect
            await _refused(scope, request_id)(scope, receive, send_with_headers)
            return
        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            log.exception("Request %s failed: %s %s", request_id, scope["method"], scope["path"])
            if started:
                raise
            await _failed(scope, request_id)(scope, receive, send_with_headers)


def _refused(scope: Scope, request_id: str) -> ASGIApp:
    words = "An address has no NUL characters in it."
    if scope["path"].startswith("/api/v1/"):
        return problem_response(400, None, words, request_id=request_id)
    return PlainTextResponse(words, 400)


def _failed(scope: Scope, request_id: str) -> ASGIApp:
    if scope["path"].startswith("/api/v1/"):
        return problem_response(500, None, "This is a defect of Calcifer; the log says more.", request_id=request_id)
    return HTMLResponse(FAILED.format(request_id=request_id), 500)
