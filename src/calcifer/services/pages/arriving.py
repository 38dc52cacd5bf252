"""Getting services in from elsewhere: where to look, what is there, and which of it to take."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import Response

from calcifer.kit.schemas import checked
from calcifer.kit.web import Id, Reading, Writing, page, to
from calcifer.services import service
from calcifer.services.arrivals import AdoptFrom, Survey, SurveyOut
from calcifer.services.pages.routes import router
from calcifer.services.service.arrival import get_survey

Field = Annotated[str, Form()]
Ticked = Annotated[list[str], Form()]


@router.get("/elsewhere")
def elsewhere(request: Request) -> Response:
    """Ask for a user or group of a forge, or a directory on another machine."""
    return page(request, "services/elsewhere.html")


@router.post("/survey", again="services.elsewhere")
def survey(request: Request, uow: Writing, url: Field = "", kind: Field = "", token: Field = "") -> Response:
    """Look at what is there."""
    asked = checked(Survey, url=url, kind=kind or None, token=token or None)
    row = service.survey(uow, request.app.state.wiring.settings.var, asked.asked(), asked.secret())
    return to(request, "services.surveyed", job_id=row.id)


@router.get("/surveys/{job_id}")
def surveyed(request: Request, uow: Reading, job_id: Id) -> Response:
    """Show what is there, to choose from; the page comes again by itself until that is known."""
    return page(request, "services/survey.html", survey=SurveyOut.of(get_survey(uow, job_id)))


@router.post("/adopt_from", again="services.elsewhere")
def adopt_from(
    request: Request,
    uow: Writing,
    url: Field = "",
    kind: Field = "",
    token: Field = "",
    by_ssh: Field = "",
    only: Ticked = [],  # noqa: B006  (FastAPI copies it)
) -> Response:
    """Promise the work, and show how it goes."""
    given = {"url": url, "kind": kind or None, "token": token or None, "by_ssh": bool(by_ssh), "only": only}
    asked = checked(AdoptFrom, **given)
    row = service.adopt_from(uow, request.app.state.wiring.settings.var, asked.asked(), asked.secret())
    return to(request, "services.adoption", job_id=row.id)
