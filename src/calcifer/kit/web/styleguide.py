"""The page that shows every component."""

from datetime import UTC, datetime, timedelta

from fastapi import Request
from fastapi.responses import HTMLResponse

from calcifer.kit.web.answers import page
from calcifer.kit.web.forms import Form
from calcifer.kit.web.icons import STATES
from calcifer.kit.web.routers import Pages

router = Pages("kit", prefix="/styleguide")


@router.get("")
def styleguide(request: Request) -> HTMLResponse:
    """Show the components."""
    wrong = Form(
        "", "/styleguide", {"title": ["Pin nginx"]}, {"title": "There is an item of this title."}, "See below."
    )
    at = datetime.now(UTC) - timedelta(hours=3)
    return page(request, "kit/styleguide.html", wrong=wrong, at=at, states=STATES)
