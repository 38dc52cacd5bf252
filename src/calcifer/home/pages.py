"""The panel that one sees first, and the search."""

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from calcifer.home import queries
from calcifer.kit.web import Pages, Reading, page

router = Pages("home", prefix="")


@router.get("/")
def panel(request: Request, uow: Reading) -> Response:
    """Show what is mine, what is open, what waits, and what was done."""
    opened = queries.list_open(uow.db)
    return page(
        request,
        "home/panel.html",
        mine=queries.list_mine(uow.db, uow.actor.name) if opened else [],
        opened=opened,
        count=queries.count_open(uow.db) if len(opened) == queries.SHOWN else len(opened),
        most=queries.MOST_COUNTED - 1,
        problems=queries.get_problems(uow.db, uow.now),
        entries=queries.list_done(uow.db),
        steps=queries.get_steps(uow.db),
    )


@router.get("/search")
def search(request: Request, uow: Reading, text: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Find services and items by their words."""
    asked = text.strip()
    return page(
        request,
        "home/search.html",
        text=asked,
        services=queries.search_services(uow.db, asked) if asked else [],
        items=queries.search_items(uow.db, asked) if asked else [],
    )
