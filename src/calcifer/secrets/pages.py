"""The secrets of a service in the browser: masked, and shown one by one where that is asked for."""

from typing import Annotated, Any

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from calcifer.accounts.permissions import may
from calcifer.kit.errors import CalciferError, Invalid
from calcifer.kit.schemas import checked
from calcifer.kit.uow import UnitOfWork
from calcifer.kit.web import Pages, Reading, Writing, page, to
from calcifer.secrets import service
from calcifer.secrets.keys import Keys
from calcifer.secrets.schemas import NewSecret, Removal, Which
from calcifer.secrets.service import Changed
from calcifer.services import queries as services

router = Pages("secrets")
Name = Annotated[str, Query(alias="service", max_length=200)]
Field = Annotated[str, Form()]


@router.get("")
def secrets(
    request: Request, uow: Reading, service_name: Annotated[str, Query(alias="service", max_length=200)] = ""
) -> HTMLResponse:
    """List the secrets of a service, masked, with the forms that change them."""
    return page(request, "secrets/list.html", **_shown(request, uow, service_name))


@router.post("/set", again="secrets.secrets")
def set(  # noqa: A001  (the verb)
    request: Request,
    uow: Writing,
    service_name: Field = "",
    name: Field = "",
    target: Field = "",
    reason: Field = "",
    value: Field = "",
) -> RedirectResponse:
    """Set a secret by a change of its own."""
    text = value.replace("\r\n", "\n")  # a browser sends every line end so
    new = checked(NewSecret, name=name, target=target or None, reason=reason, value=text)
    return _done(request, service.set(uow, service_name, new, _keys(request)))


@router.post("/remove", again="secrets.secrets")
def remove(
    request: Request, uow: Writing, service_name: Field = "", name: Field = "", target: Field = "", reason: Field = ""
) -> RedirectResponse:
    """Take a secret out of the repository."""
    which = checked(Removal, name=name, target=target or None, reason=reason)
    return _done(request, service.remove(uow, service_name, which))


@router.post("/reveal", again="secrets.secrets")
def reveal(
    request: Request, uow: Writing, service_name: Field = "", name: Field = "", target: Field = ""
) -> HTMLResponse:
    """Show the value of a secret, in this answer alone."""
    which = checked(Which, name=name, target=target or None)
    one, value = service.reveal(uow, service_name, which, _keys(request))
    shown = _shown(request, uow, service_name) | {"revealed": one, "value": value}
    answer = page(request, "secrets/list.html", **shown)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _shown(request: Request, uow: UnitOfWork, name: str) -> dict[str, Any]:
    found = services.get_service(uow.db, name)
    rows, problem = list[Any](), None
    try:
        rows = service.list_secrets(uow, name)
    except (Invalid, CalciferError) as error:
        problem = error
    targets = list(dict.fromkeys([*(one["name"] for one in found.targets or []), *(one.target for one in rows)]))
    return {
        "service": found,
        "rows": rows,
        "problem": problem,
        "targets": [(one, one) for one in targets or ["production"]],
        "may_change": may(uow.actor, "secrets.set"),
        "has_recovery": _keys(request).has_recovery(),
        "revealed": None,
        "value": None,
    }


def _done(request: Request, made: Changed) -> RedirectResponse:
    item, verdicts = made
    held = " ".join(one.sentence for one in verdicts if not one.lets_through)
    said = (
        f"#{item.number} is completed: the next deployment brings it."
        if item.state == "completed"
        else f"#{item.number} is open. {held}"
    )
    return to(request, "work.item", number=item.number, say=said)


def _keys(request: Request) -> Keys:
    return Keys(request.app.state.wiring.settings.var)
