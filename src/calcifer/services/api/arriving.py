"""Getting services in from elsewhere, for programs: what is there, and taking it."""

from pathlib import Path

from fastapi import Request

from calcifer.kit.web import Id, Reading, Writing
from calcifer.services import service
from calcifer.services.adoptions import AdoptionOut
from calcifer.services.api.routes import router
from calcifer.services.arrivals import AdoptFrom, Survey, SurveyOut
from calcifer.services.service.arrival import get_survey


def _var(request: Request) -> Path:
    var: Path = request.app.state.wiring.settings.var
    return var


@router.post("/survey", status_code=202)
def survey(request: Request, uow: Writing, data: Survey) -> SurveyOut:
    """Look at a forge or another machine; what is there is at `/api/v1/services/surveys/{id}`."""
    return SurveyOut.of(service.survey(uow, _var(request), data.asked(), data.secret()))


@router.get("/surveys/{job_id}")
def get(uow: Reading, job_id: Id) -> SurveyOut:
    """Say how a survey goes, or what it has found."""
    return SurveyOut.of(get_survey(uow, job_id))


@router.post("/adopt_from", status_code=202)
def adopt_from(request: Request, uow: Writing, data: AdoptFrom) -> AdoptionOut:
    """Promise to take what is there; how it goes is at `/api/v1/services/adoptions/{id}`."""
    return AdoptionOut.of(service.adopt_from(uow, _var(request), data.asked(), data.secret()))
