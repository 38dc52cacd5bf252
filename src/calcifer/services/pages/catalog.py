"""The list of services, and what one of them is."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from calcifer.kit.web import Paging, Reading, page, paged
from calcifer.services import contents, queries
from calcifer.services.cursors import name_of
from calcifer.services.facts import broken_file
from calcifer.services.pages.routes import Flag, Name, Text, router
from calcifer.services.queries import Filters


@router.get("")
def services(
    request: Request,
    uow: Reading,
    asked: Paging,
    text: Text = "",
    kind: Text = "",
    owner: Text = "",
    lifecycle: Text = "",
    problems: Flag = False,
) -> Response:
    """List services by name."""
    narrowed = Filters(text, kind, owner, lifecycle, problems)
    found = queries.list_services(uow.db, narrowed, after=name_of(asked.after), limit=asked.limit + 1)
    rows, cursor = paged(found, asked, lambda service: [service.name])
    chosen = {"text": text, "kind": kind, "owner": owner, "lifecycle": lifecycle, "problems": problems or None}
    choices = queries.list_choices(uow.db)
    return page(request, "services/list.html", services=rows, cursor=cursor, chosen=chosen, choices=choices)


@router.get("/{name}")
def overview(request: Request, uow: Reading, name: Name) -> Response:
    """Show what a service is: what its descriptor says, what its compose files say, what it depends on."""
    service = queries.get_service(uow.db, name)
    shown: dict[str, Any] = {
        "around": queries.surroundings(uow.db, service),
        "facts": service.facts,
        "broken": broken_file(service.facts),
        "links": [shown_link(link) for link in service.links],
        "problem": contents.problem_of(uow, service),
    }
    return page(request, "services/overview.html", service=service, tab="overview", **shown)


def shown_link(link: dict[str, str]) -> dict[str, object]:
    """Return a link of a descriptor; only one that leads to the web becomes an anchor."""
    url = link.get("url", "")
    is_web = url.lower().startswith(("https://", "http://", "mailto:"))
    return {"title": link.get("title") or url, "url": url, "is_web": is_web}
