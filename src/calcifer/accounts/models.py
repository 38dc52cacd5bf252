"""Tables of people, sessions and tokens; secrets are random, so a plain SHA-256 of them is enough (no password is kept so)."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from calcifer.kit.db import Base, Instant
from calcifer.kit.uow import Actor

SESSION_LASTS = timedelta(days=30)
SEEN_EVERY = timedelta(hours=1)
TOKEN_PREFIX = "calcifer_"  # noqa: S105  (secret scanners find a leaked token by it)


def new_secret(prefix: str = "") -> str:
    """Make a secret of 256 bits."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Person(Base):
    """Somebody with an account."""

    __tablename__ = "accounts_people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    mail: Mapped[str] = mapped_column(unique=True)
    """In lower case."""
    password_hash: Mapped[str]
    role: Mapped[str]
    """`owner` or `member`."""
    created_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def actor(self) -> Actor:
        """The same as who acts."""
        return Actor(self.name, self.mail, self.role, self.id)


class BrowserSession(Base):
    """One browser that is signed in."""

    __tablename__ = "accounts_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_people.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    client: Mapped[str]
    """What the browser called itself."""
    person: Mapped[Person] = relationship(lazy="raise")

    @staticmethod
    def form_token(secret: str) -> str:
        """Return what every form of this session carries: derived, so that it lasts as long as the session and is kept nowhere."""
        return digest(f"form {secret}")


class Token(Base):
    """What a program signs in with."""

    __tablename__ = "accounts_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_people.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    person: Mapped[Person] = relationship(lazy="raise")
