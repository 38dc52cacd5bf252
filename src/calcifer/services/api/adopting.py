"""Getting services in, for programs: the plan, the work and its progress, and services from nothing."""

from pathlib import Path

from fastapi import Request

from calcifer.kit.web import Id, Reading, Writing
from calcifer.services import service
from calcifer.services.adoptions import Adopt, AdoptionOut, MadeOut, NewService, PlanOut
from calcifer.services.api.routes import router
from calcifer.services.service.adoption import get_adoption as find
from calcifer.services.service.adoption import planned
from calcifer.services.service.creation import Making


def _home(request: Request) -> Path:
    home: Path = request.app.state.wiring.settings.home
    return home


@router.post("/plan")
def plan(request: Request, data: Adopt) -> PlanOut:
    """Say what adopting would do now; nothing is changed."""
    return PlanOut.of(planned(request.app.state.units, request.state.actor, _home(request), data.wish()))


@router.post("/adopt", status_code=202)
def adopt(request: Request, uow: Writing, data: Adopt) -> AdoptionOut:
    """Promise to adopt; how it goes is at `/api/v1/services/adoptions/{id}`."""
    return AdoptionOut.of(service.adopt(uow, _home(request), data.wish()))


@router.get("/adoptions/{job_id}")
def get_adoption(uow: Reading, job_id: Id) -> AdoptionOut:
    """Say how an adoption goes, or how it went."""
    return AdoptionOut.of(find(uow, job_id))


@router.post("/new", status_code=201)
def new(request: Request, data: NewService) -> MadeOut:
    """Begin a service: a repository with what every service has."""
    making, home = Making.of(data.name, data.title, data.compose), _home(request)
    name = service.new(request.app.state.units, request.state.actor, home, making)
    return MadeOut(name=name, path=str(home / name))
