"""The panel that one sees first."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from calcifer.activity import queries as activity
from calcifer.kit.web import Pages, Reading, page

router = Pages("home", prefix="")


@router.get("/")
def panel(request: Request, uow: Reading) -> HTMLResponse:
    """Show the panel."""
    return page(request, "home/panel.html", entries=activity.list_entries(uow.db, limit=10))
