"""Every SELECT on people, sessions and tokens."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, contains_eager

from calcifer.accounts.models import BrowserSession, Person, Token, digest
from calcifer.kit.errors import NotFound


def is_set_up(session: Session) -> bool:
    """Say whether there is an owner."""
    return bool(session.scalar(select(exists().where(Person.role == "owner"))))


def find_person(session: Session, mail: str) -> Person | None:
    """Return the person with this mail address, in whatever case it is written."""
    return session.scalar(select(Person).where(Person.mail == mail.strip().lower()))


def get_person(session: Session, person_id: int) -> Person:
    """Return a person; raises NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person


def get_person_by_mail(session: Session, mail: str) -> Person:
    """Return the person with this mail address; raises NotFound."""
    person = find_person(session, mail)
    if person is None:
        raise NotFound(f"There is nobody with the mail address {mail}.")
    return person


def get_owner(session: Session) -> Person:
    """Return the first owner; raises NotFound before setup."""
    person = session.scalar(select(Person).where(Person.role == "owner").order_by(Person.id).limit(1))
    if person is None:
        raise NotFound("There is no owner yet: open /setup in a browser, or run `calcifer accounts setup`.")
    return person


def find_session(session: Session, secret: str, now: datetime) -> BrowserSession | None:
    """Return the session of a cookie with its person, unless it has expired."""
    query = select(BrowserSession).join(BrowserSession.person).options(contains_eager(BrowserSession.person))
    return session.scalar(query.where(BrowserSession.digest == digest(secret), BrowserSession.expires_at > now))


def find_token(session: Session, secret: str) -> Token | None:
    """Return the token with its person, unless it was revoked."""
    query = select(Token).join(Token.person).options(contains_eager(Token.person))
    return session.scalar(query.where(Token.digest == digest(secret), Token.revoked_at.is_(None)))


def list_tokens(session: Session, person_id: int, *, before: int | None = None, limit: int = 50) -> list[Token]:
    """Return up to `limit` tokens of a person that are in force, newest first, older than the token `before`."""
    query = select(Token).where(Token.person_id == person_id, Token.revoked_at.is_(None))
    if before is not None:
        query = query.where(Token.id < before)
    return list(session.scalars(query.order_by(Token.id.desc()).limit(limit)))


def get_token(session: Session, person_id: int, token_id: int) -> Token:
    """Return a token of this person that is in force; raises NotFound."""
    query = select(Token).where(Token.id == token_id, Token.person_id == person_id, Token.revoked_at.is_(None))
    token = session.scalar(query)
    if token is None:
        raise NotFound("You have no such token.")
    return token
