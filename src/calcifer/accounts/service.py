"""The only place that changes people, sessions and tokens."""

import hmac

from sqlalchemy import delete, update

from calcifer.accounts import passwords, queries
from calcifer.accounts.models import SESSION_LASTS, TOKEN_PREFIX, BrowserSession, Person, Token, digest, new_secret
from calcifer.accounts.permissions import require
from calcifer.accounts.schemas import PersonChanges
from calcifer.activity import service as activity
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.uow import UnitOfWork


class AlreadySetUp(Conflict):
    """There is an owner."""


class WrongCode(Invalid):
    """The setup code is not the one in the log."""


class WrongPassword(Invalid):
    """Mail address and password do not belong together."""


def setup(uow: UnitOfWork, name: str, mail: str, password: str, *, code: str, expected_code: str | None) -> Person:
    """Make the owner. `expected_code` is None where none is asked for (a browser on this machine)."""
    if queries.is_set_up(uow.db):
        raise AlreadySetUp("Calcifer has an owner already: sign in.")
    if expected_code is not None and not hmac.compare_digest(code.strip().encode(), expected_code.encode()):
        raise WrongCode.field("code", "This is not the code that the server has written to its log.")
    passwords.checked(password, name, mail)
    owner = Person(name=name, mail=mail, password_hash=passwords.hashed(password), role="owner", created_at=uow.now)
    uow.db.add(owner)
    uow.db.flush()  # the id is part of the actor
    uow.actor = owner.actor
    activity.record(uow, "accounts.setup", owner.name)
    return owner


def check_password(uow: UnitOfWork, mail: str, password: str) -> Person:
    """Return who this is; raises WrongPassword. Reads only: the slow check must not hold the workspace's write lock."""
    person = queries.find_person(uow.db, mail)
    if not passwords.matches(person.password_hash if person else None, password) or person is None:
        raise WrongPassword.field("password", "Mail address and password do not belong together.")
    return person


def sign_in(uow: UnitOfWork, person_id: int, client: str) -> str:
    """Begin a session and return the secret for its cookie; expired sessions go."""
    person = queries.get_person(uow.db, person_id)
    secret = new_secret()
    uow.db.execute(delete(BrowserSession).where(BrowserSession.expires_at <= uow.now))
    uow.db.add(
        BrowserSession(
            digest=digest(secret),
            person_id=person.id,
            created_at=uow.now,
            expires_at=uow.now + SESSION_LASTS,
            seen_at=uow.now,
            client=client[:200],
        )
    )
    uow.actor = person.actor
    activity.record(uow, "accounts.sign_in", person.name)
    return secret


def sign_out(uow: UnitOfWork, secret: str) -> None:
    """End the session of a cookie."""
    uow.db.execute(delete(BrowserSession).where(BrowserSession.digest == digest(secret)))
    activity.record(uow, "accounts.sign_out", uow.actor.name)


def seen_session(uow: UnitOfWork, session_id: int) -> None:
    """Note that a session is in use; it lasts on from now."""
    values = {"seen_at": uow.now, "expires_at": uow.now + SESSION_LASTS}
    uow.db.execute(update(BrowserSession).where(BrowserSession.id == session_id).values(values))


def seen_token(uow: UnitOfWork, token_id: int) -> None:
    """Note that a token is in use."""
    uow.db.execute(update(Token).where(Token.id == token_id).values(seen_at=uow.now))


def edit(uow: UnitOfWork, old_password: str | None, changes: PersonChanges) -> Person:
    """Change the name or the mail address of the actor; commits that are there keep theirs.

    `old_password` is None on the command line, whose user can read the database anyway.
    """
    require(uow.actor, "accounts.edit")
    person = _proved(uow, old_password)
    other = queries.find_person(uow.db, changes.mail) if changes.mail else None
    if other is not None and other.id != person.id:
        raise Invalid.field("mail", "Somebody else has this mail address.")
    wanted = {name: value for name in ("name", "mail") if (value := getattr(changes, name)) is not None}
    if not wanted:
        raise Invalid("Say what is to change: the name, the mail address or both.")
    before = {name: getattr(person, name) for name, value in wanted.items() if getattr(person, name) != value}
    for name in before:
        setattr(person, name, wanted[name])
    if before:
        activity.record(uow, "accounts.edit", person.name, before=before)
    return person


def _proved(uow: UnitOfWork, old_password: str | None) -> Person:
    person = queries.get_person(uow.db, uow.actor.person_id or 0)
    if old_password is not None and not passwords.matches(person.password_hash, old_password):
        raise Invalid.field("old_password", "This is not your present password.")
    return person


def change_password(uow: UnitOfWork, old: str | None, new: str, *, keep: str = "") -> Person:
    """Take a new password and end every session but the one with the secret `keep`.

    `old` is None on the command line, whose user can read the database anyway.
    """
    require(uow.actor, "accounts.change_password")
    person = _proved(uow, old)
    person.password_hash = passwords.hashed(passwords.checked(new, person.name, person.mail))
    uow.db.execute(
        delete(BrowserSession).where(BrowserSession.person_id == person.id, BrowserSession.digest != digest(keep))
    )
    activity.record(uow, "accounts.change_password", person.name)
    return person


def make_token(uow: UnitOfWork, name: str) -> tuple[Token, str]:
    """Make a token for the actor; its secret is returned this once."""
    require(uow.actor, "accounts.make_token")
    person = queries.get_person(uow.db, uow.actor.person_id or 0)
    if queries.has_token(uow.db, person.id, name):
        raise Invalid.field("name", "You have a token of this name: revoke that one first, or take another name.")
    secret = new_secret(TOKEN_PREFIX)
    token = Token(digest=digest(secret), person_id=person.id, name=name, created_at=uow.now)
    uow.db.add(token)
    uow.db.flush()  # the answer has the id
    activity.record(uow, "accounts.make_token", name)
    return token, secret


def revoke_token(uow: UnitOfWork, token_id: int) -> Token:
    """Make one of the actor's tokens useless."""
    require(uow.actor, "accounts.revoke_token")
    token = queries.get_token(uow.db, uow.actor.person_id or 0, token_id)
    token.revoked_at = uow.now
    activity.record(uow, "accounts.revoke_token", token.name)
    return token
