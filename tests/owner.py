"""The person whom tests act as, and how they are signed in."""

from datetime import UTC, datetime

from sqlalchemy import update

from calcifer.accounts import service as accounts
from calcifer.accounts.models import BrowserSession, Token, digest
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring

PASSWORD = "correct horse battery staple"
OWNER = Actor("Ada Lovelace", "ada@example.org", "owner", 1)
SESSION = "the secret of Ada's browser"
API_TOKEN = "calcifer_the secret of Ada's program"


def fill(wiring: Wiring) -> None:
    """Make the owner, a session and a token whose secrets are known."""
    with wiring.units.write(Actor("", "", "nobody")) as uow:
        owner = accounts.setup(uow, OWNER.name, OWNER.mail, PASSWORD, code="", expected_code=None)
        accounts.sign_in(uow, owner.id, "a test")
        accounts.make_token(uow, "a test")
        used = {"seen_at": datetime.now(UTC)}
        uow.db.execute(update(BrowserSession).values(digest=digest(SESSION), **used))
        uow.db.execute(update(Token).values(digest=digest(API_TOKEN), **used))


def form_token() -> str:
    """Return what the forms of the session carry."""
    return BrowserSession.form_token(SESSION)
