"""The only place that decides who gets in: nothing answers without a sign-in but what is listed in `PUBLIC`.

Every request passes here before any route is looked up, so that a route that forgets about it is closed, not open.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from calcifer.kit.uow import Actor
from calcifer.kit.web.problems import problem_response

PUBLIC = frozenset({"/setup", "/sign-in", "/healthz", "/openapi.json"})
STATIC = "/static/"
API = "/api/v1/"
COOKIE = "calcifer_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NOBODY = Actor("", "", role="nobody")


@dataclass(frozen=True)
class Identity:
    """Who sent a request."""

    actor: Actor
    form_token: str | None
    """Proves that a form is ours; None for an API token, which no browser sends by itself."""
    seen: Callable[[], None] | None = None
    """Notes that they were here, where that is due; waits for other writers."""


class Doorkeeper(Protocol):
    """What the application hands in: who belongs to a secret, and whether there is anybody at all yet."""

    may_wait: bool
    """Whether an answer may take a while; it comes from a file in the page cache otherwise, and a thread would take longer."""

    def by_session(self, secret: str) -> Identity | None:
        """Return whose browser this is."""

    def by_token(self, secret: str) -> Identity | None:
        """Return whose program this is."""

    def is_set_up(self) -> bool:
        """Say whether there is an owner."""


def local_path(target: str | None) -> str:
    """Return `target` where it is a path on this site, else "/": a link to the sign-in page must not lead elsewhere after it."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    if any(ord(letter) < 33 or letter == "\\" for letter in target):
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target


def is_encrypted(request: Request) -> bool:
    """Say whether the browser speaks HTTPS, to us or to a proxy before us: then its cookies need not travel without."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")


def is_from_elsewhere(headers: Headers) -> bool:
    """Say whether a browser sent this on behalf of another site (Fetch Metadata; Origin where a browser does not know that)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


GiveBack = Callable[[Request], Awaitable[Response | None]]


class Gate:
    """ASGI middleware: sets `request.state.identity` and `.actor`, or answers itself."""

    def __init__(self, app: ASGIApp, doorkeeper: Callable[[], Doorkeeper], give_back: GiveBack) -> None:
        """Ask `doorkeeper()` at each request: the middleware is made before the application knows its parts.

        `give_back` answers a form of somebody who is signed in no more.
        """
        self.app = app
        self._doorkeeper = doorkeeper
        self._give_back = give_back

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through or turn away."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        state = scope.setdefault("state", {})
        state["identity"], state["actor"] = None, NOBODY
        headers = Headers(scope=scope)
        answer = None
        if not scope["path"].startswith(STATIC):
            answer = await self._turned_away(scope, receive, headers)
        await (answer or self.app)(scope, receive, send)

    async def _turned_away(self, scope: Scope, receive: Receive, headers: Headers) -> Response | None:
        path: str = scope["path"]
        is_api = path.startswith(API)
        bearer = _bearer(headers) if is_api else None
        if bearer is None and scope["method"] not in SAFE and is_from_elsewhere(headers):
            return _refused(scope, is_api=is_api)
        if path in PUBLIC:
            return None
        door = self._doorkeeper()
        identity = None
        secret = cookie_parser(headers.get("cookie", "")).get(COOKIE) if bearer is None else bearer
        if secret:
            ask = door.by_session if bearer is None else door.by_token
            identity = await run_in_threadpool(ask, secret) if door.may_wait else ask(secret)
        if identity is not None:
            if identity.seen:
                await run_in_threadpool(identity.seen)
            scope["state"]["identity"], scope["state"]["actor"] = identity, identity.actor
            return None
        is_set_up = await run_in_threadpool(door.is_set_up)
        given_back = None
        if is_set_up and scope["method"] == "POST" and not is_api and not headers.get("hx-request"):
            given_back = await self._give_back(Request(scope, receive))
        return given_back or _unknown(scope, headers, is_api=is_api, is_set_up=is_set_up)


def _bearer(headers: Headers) -> str | None:
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def _refused(scope: Scope, *, is_api: bool) -> Response:
    sentence = "This request came from another site, and nothing has been changed."
    if is_api:
        return problem_response(403, "Forbidden", sentence, request_id=scope["state"].get("request_id"))
    return Response(sentence, 403, media_type="text/plain")


def _unknown(scope: Scope, headers: Headers, *, is_api: bool, is_set_up: bool) -> Response:
    if is_api:
        sentence = (
            "Sign in, or send a token: `Authorization: Bearer …`."
            if is_set_up
            else "Calcifer has no owner yet: open /setup in a browser."
        )
        return problem_response(
            401,
            "Unauthorized",
            sentence,
            request_id=scope["state"].get("request_id"),
            headers={"WWW-Authenticate": "Bearer"},
        )
    where = "/setup"
    if is_set_up:
        target = scope["path"]
        if scope["method"] in ("GET", "HEAD") and scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        where = "/sign-in" if target == "/" else f"/sign-in?next={quote(local_path(target), safe='/')}"
    if headers.get("hx-request"):
        return Response(status_code=200, headers={"HX-Redirect": where})
    return RedirectResponse(where, 303)
