"""The page that lists what was done."""

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from calcifer.activity import queries
from calcifer.kit.web import Pages, Paging, Reading, page, paged

router = Pages("activity")
Text = Annotated[str, Query(max_length=200)]


@router.get("")
def entries(request: Request, uow: Reading, asked: Paging, service: Text = "") -> HTMLResponse:
    """Show the activity, newest first; of one service where it is named."""
    found = queries.list_entries(uow.db, service=service or None, before=asked.after_id, limit=asked.limit + 1)
    rows, following = paged(found, asked, lambda entry: [entry.id])
    return page(request, "activity/entries.html", entries=rows, following=following, service=service)
