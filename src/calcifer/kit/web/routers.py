"""The only place that makes routers: `Pages("work")` below `/work`, `Api("work")` below `/api/v1/work`.

A route is called `work.complete` after its handler, an API route `api.work.complete`; templates and redirects use that name.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.responses import Response

from calcifer.kit.web.forms import checked
from calcifer.kit.web.problems import RESPONSES
from calcifer.kit.web.units import in_unit

Handler = Callable[..., Any]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
AGAIN = "calcifer_again"


class CheckedRoute(APIRoute):
    """A route that looks for the form token before anything else happens, where something may change."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        inner = super().get_route_handler()
        if set(self.methods or ()) <= SAFE:
            return inner

        async def handler(request: Request) -> Response:
            return await inner(await checked(request))

        return handler


class Pages(APIRouter):
    """Pages of one domain."""

    def __init__(self, domain: str, *, prefix: str | None = None) -> None:
        """Serve below `/domain`, or below `prefix` where the domain is no part of the address."""
        super().__init__(
            prefix=f"/{domain}" if prefix is None else prefix,
            include_in_schema=False,
            default_response_class=HTMLResponse,
            route_class=CheckedRoute,
        )
        self.domain = domain

    def add_api_route(self, path: str, endpoint: Handler, **options: Any) -> None:
        """Add a route named `domain.handler`."""
        options["name"] = options.get("name") or f"{self.domain}.{endpoint.__name__}"
        options["response_model"] = None
        super().add_api_route(path, in_unit(endpoint), **options)

    def post(self, path: str, *, again: str | None = None, **options: Any) -> Callable[[Handler], Handler]:  # type: ignore[override]
        """Register the handler of a form. On Invalid or Conflict the page `again` (a route's name, taken with the same path
        parameters and query) is shown with 422 or 409, the message, and everything that was typed; by default the page at the same
        path, else at the nearest path above it.
        """
        register = super().post(path, **options)

        def remember(handler: Handler) -> Handler:
            if again is not None:
                setattr(handler, AGAIN, again)
            return register(handler)

        return remember


class Api(APIRouter):
    """API calls of one domain; problems are documented for each."""

    def __init__(self, domain: str) -> None:
        """Serve below `/api/v1/domain`."""
        super().__init__(prefix=f"/api/v1/{domain}", tags=[domain], responses=RESPONSES, route_class=CheckedRoute)
        self.domain = domain

    def add_api_route(self, path: str, endpoint: Handler, **options: Any) -> None:
        """Add a route named `api.domain.handler`; its OpenAPI operation is `domain.handler`."""
        name = f"{self.domain}.{endpoint.__name__}"
        options["name"] = options.get("name") or f"api.{name}"
        options["operation_id"] = options.get("operation_id") or name
        first = (endpoint.__doc__ or "").strip().partition("\n")[0]
        options["summary"] = options.get("summary") or first.rstrip(".") or None
        super().add_api_route(path, in_unit(endpoint), **options)
