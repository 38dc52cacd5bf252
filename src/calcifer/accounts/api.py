"""API of accounts: the tokens, name, mail address and password of whoever asks."""

from fastapi import Request, Response

from calcifer.accounts import queries
from calcifer.accounts import service as accounts
from calcifer.accounts.schemas import MadeToken, NewToken, OwnChanges, PasswordChange, PersonOut, TokenOut
from calcifer.kit.web import Api, Id, Listing, Paging, Reading, Writing, paged
from calcifer.kit.web.gate import COOKIE

router = Api("accounts")


@router.get("/tokens")
def list_tokens(uow: Reading, asked: Paging) -> Listing[TokenOut]:
    """List your tokens, newest first."""
    found = queries.list_tokens(uow.db, uow.actor.person_id or 0, before=asked.after_id, limit=asked.limit + 1)
    rows, following = paged(found, asked, lambda token: [token.id])
    return Listing(items=[TokenOut.model_validate(row) for row in rows], next=following)


@router.post("/make-token", status_code=201)
def make_token(uow: Writing, data: NewToken) -> MadeToken:
    """Make a token; its secret is in this answer and nowhere else."""
    token, secret = accounts.make_token(uow, data.name)
    return MadeToken(token=TokenOut.model_validate(token), secret=secret)


@router.post("/tokens/{token_id}/revoke-token", status_code=204)
def revoke_token(uow: Writing, token_id: Id) -> Response:
    """Make a token useless."""
    accounts.revoke_token(uow, token_id)
    return Response(status_code=204)


@router.post("/edit")
def edit(uow: Writing, data: OwnChanges) -> PersonOut:
    """Change your name and mail address, which sign your commits from now on."""
    return PersonOut.model_validate(accounts.edit(uow, data.old_password, data))


@router.post("/change-password", status_code=204)
def change_password(request: Request, uow: Writing, data: PasswordChange) -> Response:
    """Take a new password; every other browser is signed out."""
    accounts.change_password(uow, data.old_password, data.password, keep=request.cookies.get(COOKIE, ""))
    return Response(status_code=204)
