"""The only place that makes a tab of a service whose content is read from its repository."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from calcifer.kit.errors import Unavailable
from calcifer.kit.uow import UnitOfWork
from calcifer.kit.web import page
from calcifer.services import contents, queries
from calcifer.services.contents import Main


def tab(
    request: Request, uow: UnitOfWork, name: str, which: str, content: Callable[[Main], dict[str, Any]]
) -> HTMLResponse:
    """Show the tab `which` of a service with what `content` finds on main.

    A repository that is gone or damaged is a state of the service, no failure of the page: the tab says so, the others still work.
    """
    service = queries.get_service(uow.db, name)
    try:
        with contents.main_of(uow, service) as main:
            found = content(main)
    except (contents.NoCommitYet, Unavailable) as error:
        return page(request, "services/unreadable.html", service=service, tab=which, problem=error)
    return page(request, f"services/{which}.html", service=service, tab=which, **found)
