"""Secrets for programs: listed without values; a value goes in by `set`, and comes out by `reveal` alone."""

from fastapi import Request, Response

from calcifer.kit.web import Api, Reading, Writing
from calcifer.secrets import service
from calcifer.secrets.keys import Keys
from calcifer.secrets.schemas import NewSecret, Removal, RevealedOut, RotationOut, SecretOut, SecretsOut, Which
from calcifer.secrets.service import Changed
from calcifer.work.schemas import ChangeOut, ItemOut
from calcifer.work.service.details import verdict_out

router = Api("secrets")


@router.post("/rotate")
def rotate(request: Request, uow: Writing, recovery: bool = False) -> RotationOut:
    """Make a new key, and encrypt all secrets for it: one item for each service."""
    made = service.rotate(uow, _keys(request), recovery=recovery)
    return RotationOut(items=[ItemOut.of(one) for one in made])


@router.get("/{name}")
def list_secrets(uow: Reading, name: str) -> SecretsOut:
    """List the secrets of a service, without values."""
    found = service.list_secrets(uow, name)
    return SecretsOut(items=[SecretOut.model_validate(one, from_attributes=True) for one in found])


@router.post("/{name}/set")
def set_(request: Request, uow: Writing, name: str, data: NewSecret) -> ChangeOut:
    """Set a secret: by an item of its own, completed where every rule lets it through, or by a commit of an open one."""
    return _out(service.set(uow, name, data, _keys(request)))


@router.post("/{name}/remove")
def remove(uow: Writing, name: str, data: Removal) -> ChangeOut:
    """Take a secret out of the repository; its history keeps it, encrypted."""
    return _out(service.remove(uow, name, data))


@router.post("/{name}/reveal")
def reveal(request: Request, response: Response, uow: Writing, name: str, data: Which) -> RevealedOut:
    """Tell the value of a secret; the activity notes it."""
    response.headers["Cache-Control"] = "no-store"
    one, value = service.reveal(uow, name, data, _keys(request))
    return RevealedOut(target=one.target, name=one.name, path=one.path, value=value)


def _keys(request: Request) -> Keys:
    return Keys(request.app.state.wiring.settings.var)


def _out(made: Changed) -> ChangeOut:
    item, verdicts = made
    done = item.state == "completed"
    return ChangeOut(item=ItemOut.of(item), verdicts=[verdict_out(one) for one in verdicts], completed=done)
