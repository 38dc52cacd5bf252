"""The table of hosts: what they are meant to be, as `var/hosts` has it in git, and what was found out by the last check."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from calcifer.hosts.naming import STACKS
from calcifer.kit.db import Base, Instant
from calcifer.kit.ssh import fingerprint, kind_of


class Host(Base):
    """One machine. The columns up to `replaced_at` are intent; the others are a cache that each check makes anew."""

    __tablename__ = "hosts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    target: Mapped[str] = mapped_column(default="")
    """Where it is, as for ssh; empty for this machine."""
    directory: Mapped[str] = mapped_column(default=STACKS)
    """The directory that services lie in."""
    note: Mapped[str] = mapped_column(default="")
    owner: Mapped[str | None]
    """The mail address of who decides what may reach it, in lower case; None: the owners of the workspace alone."""
    owner_id: Mapped[int | None]
    """Their account."""
    key: Mapped[str | None]
    """The pinned key, `type base64`; None for this machine."""
    pinned_at: Mapped[datetime | None] = mapped_column(Instant)
    added_at: Mapped[datetime] = mapped_column(Instant)
    replaced_at: Mapped[datetime | None] = mapped_column(Instant)
    """When another machine took its name."""
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """What it lacks: subject, sentence, mend."""
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it was reached last; facts and findings are of this instant."""
    error: Mapped[str | None]
    """Why the last check did not reach it."""
    mend: Mapped[str | None]
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    """Since when it is not reached."""

    @property
    def is_local(self) -> bool:
        """Whether it is this machine."""
        return not self.target

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the pinned key, as ssh shows it."""
        return fingerprint(self.key) if self.key else None

    @property
    def key_type(self) -> str | None:
        """The type of the pinned key in a word: ED25519, RSA, ECDSA."""
        return kind_of(self.key).upper() if self.key else None

    @property
    def state(self) -> str:
        """Say in a word what is to be said of it, the worst first."""
        if self.replaced_at is not None:
            return "replaced"
        if self.error is not None:
            return "unreachable"
        if self.checked_at is None:
            return "unchecked"
        return "lacking" if self.findings else "ready"
