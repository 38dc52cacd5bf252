"""Pages of accounts: setup, sign-in and sign-out, tokens, name and mail address, the password."""

import time
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from calcifer.accounts import browsers, queries
from calcifer.accounts import service as accounts
from calcifer.accounts.listening import comes_from_here
from calcifer.accounts.models import SESSION_LASTS, Person
from calcifer.accounts.schemas import Credentials, NewOwner, NewToken, OwnChanges, PasswordChange
from calcifer.kit.uow import UnitOfWork
from calcifer.kit.web import Id, Pages, Paging, Reading, Writing, page, paged, to
from calcifer.kit.web.gate import COOKIE, is_encrypted, local_path
from calcifer.kit.web.waiting import Delays

door = Pages("accounts", prefix="")
router = Pages("accounts")
delays = Delays(time.monotonic)


def _expected_code(request: Request) -> str | None:
    client = request.client.host if request.client else None
    here = comes_from_here(client, request.headers.get("host", ""), request.headers)
    return None if here else request.app.state.setup_code


def _with_session(request: Request, response: RedirectResponse, person: Person, secret: str) -> RedirectResponse:
    lasting = {COOKIE: (secret, int(SESSION_LASTS.total_seconds()))}
    lasting[browsers.COOKIE] = (browsers.mark(person), browsers.LASTS_SECONDS)
    for name, (value, seconds) in lasting.items():
        is_safe = is_encrypted(request)
        response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=is_safe)
    return response


def _queue(request: Request, uow: UnitOfWork, mail: str) -> str:
    address = request.client.host if request.client else "?"
    return browsers.queue_of(queries.find_person(uow.db, mail), request.cookies.get(browsers.COOKIE), address)


@door.get("/setup")
def setup_page(request: Request, uow: Reading) -> HTMLResponse | RedirectResponse:
    """Show the form that makes the owner."""
    if queries.is_set_up(uow.db):
        return to(request, "home.panel")
    return page(request, "accounts/setup.html", asks_code=_expected_code(request) is not None)


@door.post("/setup")
def setup(request: Request, uow: Writing, data: Annotated[NewOwner, Form()]) -> RedirectResponse:
    """Make the owner and sign them in."""
    owner = accounts.setup(
        uow, data.name, data.mail, data.password, code=data.code, expected_code=_expected_code(request)
    )
    secret = accounts.sign_in(uow, owner.id, request.headers.get("user-agent", ""))
    return _with_session(request, to(request, "home.panel"), owner, secret)


@door.get("/sign-in")
def sign_in_page(request: Request, uow: Reading, next: str = "/") -> HTMLResponse | RedirectResponse:
    """Show the sign-in form."""
    if not queries.is_set_up(uow.db):
        return to(request, "accounts.setup_page")
    return page(request, "accounts/sign_in.html", next=local_path(next))


@door.post("/sign-in")
def sign_in(request: Request, uow: Reading, data: Annotated[Credentials, Form()]) -> RedirectResponse:
    """Check the password, then begin a session in a unit of its own: the check is slow and must hold no lock."""
    key = _queue(request, uow, data.mail)
    delays.begin(key)
    person = accounts.check_password(uow, data.mail, data.password)
    delays.succeeded(key)
    with request.app.state.units.write(person.actor, request.state.request_id) as writing:
        secret = accounts.sign_in(writing, person.id, request.headers.get("user-agent", ""))
    return _with_session(request, RedirectResponse(local_path(data.next), 303), person, secret)


@door.post("/sign-out")
def sign_out(request: Request, uow: Writing) -> RedirectResponse:
    """End this browser's session."""
    accounts.sign_out(uow, request.cookies[COOKIE])
    response = to(request, "accounts.sign_in_page")
    response.delete_cookie(COOKIE)
    return response


@router.get("/tokens")
def tokens(request: Request, uow: Reading, asked: Paging) -> HTMLResponse:
    """Show the tokens of whoever asks."""
    person_id = uow.actor.person_id or 0
    found = queries.list_tokens(uow.db, person_id, before=asked.after_id, limit=asked.limit + 1)
    rows, following = paged(found, asked, lambda token: [token.id])
    return page(request, "accounts/tokens.html", tokens=rows, following=following)


@router.post("/make-token", again="accounts.tokens")
def make_token(request: Request, uow: Writing, data: Annotated[NewToken, Form()]) -> HTMLResponse:
    """Make a token and show its secret, this once."""
    token, secret = accounts.make_token(uow, data.name)
    return page(request, "accounts/token.html", token=token, secret=secret)


@router.post("/tokens/{token_id}/revoke-token")
def revoke_token(request: Request, uow: Writing, token_id: Id) -> RedirectResponse:
    """Make a token useless."""
    accounts.revoke_token(uow, token_id)
    return to(request, "accounts.tokens", say="The token has been revoked.")


@router.get("/edit")
def edit_page(request: Request) -> HTMLResponse:
    """Show the form for another name or mail address."""
    return page(request, "accounts/edit.html")


@router.post("/edit")
def edit(request: Request, uow: Writing, data: Annotated[OwnChanges, Form()]) -> RedirectResponse:
    """Change name and mail address."""
    person = accounts.edit(uow, data.old_password, data)
    return to(request, "accounts.edit_page", say=f"Commits are signed by {person.name} <{person.mail}> from now on.")


@router.get("/change-password")
def password_page(request: Request) -> HTMLResponse:
    """Show the form for a new password."""
    return page(request, "accounts/password.html")


@router.post("/change-password")
def change_password(request: Request, uow: Writing, data: Annotated[PasswordChange, Form()]) -> RedirectResponse:
    """Take a new password; other browsers are signed out."""
    accounts.change_password(uow, data.old_password, data.password, keep=request.cookies[COOKIE])
    return to(
        request, "accounts.password_page", say="The password has been changed, and other browsers have been signed out."
    )
