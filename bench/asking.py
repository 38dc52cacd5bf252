"""A browser without a network: asks the application as a server would, and measures what the server takes."""

import asyncio
from collections.abc import Coroutine, MutableMapping
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import urlencode

import uvloop
from fastapi import FastAPI

from calcifer.accounts.models import BrowserSession

Answer = TypeVar("Answer")
FORM = b"application/x-www-form-urlencoded"


class Refused(Exception):
    """The application answered with something else than was asked for: nothing was measured."""


class Browser:
    """The owner's browser: signed in, its forms carry their token. All requests of one browser run on one event loop."""

    def __init__(self, app: FastAPI, secret: str) -> None:
        """Ask `app` with the session that has this secret."""
        self._app = app
        self._secret = secret
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)

    def get(self, path: str) -> float:
        """Ask for a page; return the seconds that it took."""
        return self._run(self._ask("GET", path))[0]

    def post(self, path: str, **fields: str) -> tuple[float, str]:
        """Send a form; return the seconds that it took, and where it leads to."""
        body = urlencode({**fields, "form_token": BrowserSession.form_token(self._secret)}).encode()
        return self._run(self._ask("POST", path, body))

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()

    def _run(self, asked: Coroutine[Any, Any, Answer]) -> Answer:
        return self._runner.run(asked)

    async def _ask(self, method: str, path: str, body: bytes = b"") -> tuple[float, str]:
        before, _, query = path.partition("?")
        headers = [(b"host", b"127.0.0.1:8000"), (b"cookie", b"calcifer_session=" + self._secret.encode())]
        if body:
            headers += [(b"content-type", FORM), (b"content-length", str(len(body)).encode())]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": before,
            "raw_path": before.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }
        status, ended, location = 0, 0.0, ""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal status, ended, location
            if message["type"] == "http.response.start":
                status = message["status"]
                location = dict(message["headers"]).get(b"location", b"").decode()
            else:
                ended = perf_counter()

        began = perf_counter()
        await self._app(scope, receive, send)
        if status != (303 if body else 200):
            raise Refused(f"{method} {path} answered {status}")
        return ended - began, location
