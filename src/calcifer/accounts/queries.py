"""Every SELECT on people, sessions and tokens."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, select
from sqlalchemy.orm import Session

from calcifer.accounts.models import SEEN_EVERY, BrowserSession, Person, Token, digest
from calcifer.kit.errors import NotFound
from calcifer.kit.uow import Actor


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


@dataclass(frozen=True)
class Vouched:
    """Who a session or a token stands for."""

    id: int
    """Of the session or token."""
    seen_at: datetime | None
    actor: Actor

    def is_due(self, now: datetime) -> bool:
        """Say whether `seen_at` is old enough to be written again."""
        return self.seen_at is None or now - self.seen_at > SEEN_EVERY


# Asked at every request, so made once; and rows, not objects, since nobody changes them.
_PERSON = (Person.id.label("person_id"), Person.name, Person.mail, Person.role)
_SESSION = (
    select(BrowserSession.id, BrowserSession.seen_at, *_PERSON)
    .join(BrowserSession.person)
    .where(BrowserSession.digest == bindparam("digest"), BrowserSession.expires_at > bindparam("now"))
)
_TOKEN = (
    select(Token.id, Token.seen_at, *_PERSON)
    .join(Token.person)
    .where(Token.digest == bindparam("digest"), Token.revoked_at.is_(None))
)


def find_session(connection: Connection, secret: str, now: datetime) -> Vouched | None:
    """Return whom the session of a cookie stands for, unless it has expired."""
    row = connection.execute(_SESSION, {"digest": digest(secret), "now": now}).first()
    return Vouched(row.id, row.seen_at, Actor(row.name, row.mail, row.role, row.person_id)) if row else None


def find_token(connection: Connection, secret: str) -> Vouched | None:
    """Return whom a token stands for, unless it was revoked."""
    row = connection.execute(_TOKEN, {"digest": digest(secret)}).first()
    return Vouched(row.id, row.seen_at, Actor(row.name, row.mail, row.role, row.person_id)) if row else None


def list_tokens(session: Session, person_id: int, *, before: int | None = None, limit: int = 50) -> list[Token]:
    """Return up to `limit` tokens of a person that are in force, newest first, older than the token `before`."""
    query = select(Token).where(Token.person_id == person_id, Token.revoked_at.is_(None))
    if before is not None:
        query = query.where(Token.id < before)
    return list(session.scalars(query.order_by(Token.id.desc()).limit(limit)))


def has_token(session: Session, person_id: int, name: str) -> bool:
    """Say whether a person has a token of this name that is in force."""
    query = exists().where(Token.person_id == person_id, Token.name == name, Token.revoked_at.is_(None))
    return bool(session.scalar(select(query)))


def get_token(session: Session, person_id: int, token_id: int) -> Token:
    """Return a token of this person that is in force; raises NotFound."""
    query = select(Token).where(Token.id == token_id, Token.person_id == person_id, Token.revoked_at.is_(None))
    token = session.scalar(query)
    if token is None:
        raise NotFound("You have no such token.")
    return token
