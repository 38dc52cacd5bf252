"""Tables of the catalog: an index of what the repositories say."""

import posixpath
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from calcifer.kit.db import Base, Instant


class ServiceDependency(Base):
    """One name that a service's descriptor says it depends on; the name may be of no service that is known."""

    __tablename__ = "service_dependencies"

    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True, index=True)


class Service(Base):
    """One service and what was last read from its main branch."""

    __tablename__ = "services"
    __table_args__ = (
        Index("ix_services_kind_name", "kind", "name"),
        Index("ix_services_owner_name", "owner", "name"),
        Index("ix_services_lifecycle_name", "lifecycle", "name"),
        Index("ix_services_path_folder", "path", "folder", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    path: Mapped[str]
    """Absolute path of the repository; services that are folders of one have the same."""
    folder: Mapped[str] = mapped_column(default="", server_default="")
    """Where in the repository it is; empty: all of it, but for the folders that are services themselves."""
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="application")
    owner: Mapped[str] = mapped_column(default="")
    lifecycle: Mapped[str] = mapped_column(default="production")
    visibility: Mapped[str] = mapped_column(default="internal")
    policy: Mapped[str] = mapped_column(default="solo")
    verify: Mapped[str | None]
    """The command that proves a merge result, as the descriptor has it."""
    main_branch: Mapped[str] = mapped_column(default="main")
    head: Mapped[str | None]
    """The commit of main that all this was read from."""
    baseline: Mapped[str | None]
    """The commit of main at adoption; what came before needs no item."""
    highest_number: Mapped[int] = mapped_column(default=0, index=True)
    """The highest item number in its refs and records, so that none is used twice."""
    descriptor_source: Mapped[str] = mapped_column(default="derived")
    """`service.yaml`, `catalog-info.yaml` or `derived`."""
    descriptor_error: Mapped[str | None]
    """What is wrong with the descriptor, with line and column; the last good one stays in force."""
    descriptor_notes: Mapped[list[str]] = mapped_column(JSON, default=list)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    links: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    targets: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """Where the descriptor says that it runs: name, host, directory, on_complete; None where that was not read yet."""
    endpoints: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """What the descriptor says is to be watched: name, url, target, expect."""
    updates: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """How far updates of its images may go: image, match, allow, automatic; None where that was not read yet."""
    adopted_at: Mapped[datetime] = mapped_column(Instant)
    scanned_at: Mapped[datetime] = mapped_column(Instant)
    missing_since: Mapped[datetime | None] = mapped_column(Instant)

    dependencies: Mapped[list[ServiceDependency]] = relationship(cascade="all, delete-orphan", lazy="raise")

    @property
    def place(self) -> str:
        """Absolute path of where its files are."""
        return f"{self.path}/{self.folder}" if self.folder else self.path

    def within(self, path: str) -> str:
        """Return a path of the service as one of its repository."""
        return posixpath.join(self.folder, path)
