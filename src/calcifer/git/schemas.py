"""What git over all services takes and gives."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from calcifer.git.models import Listed
from calcifer.kit.schemas import Line


class Names(BaseModel):
    """Which services; all where it is left out."""

    services: list[Line] | None = Field(default=None, max_length=1000, examples=[["wireguard-vpn"]])


class StrayBranch(BaseModel):
    """A branch that belongs to no open item; `state` is ahead, merged or empty."""

    name: str = Field(examples=["try-nginx-mainline"])
    oid: str
    ahead: int
    behind: int
    state: str = Field(examples=["ahead"])
    at: datetime | None = Field(description="When its last commit was made.")


class DirtyCheckout(BaseModel):
    """A checkout with uncommitted edits."""

    path: str
    branch: str | None = Field(description="Null where its HEAD is detached.")
    edits: int
    names: list[str] = Field(description="The first of them.")


class StateOut(BaseModel):
    """One repository as it was last seen."""

    model_config = ConfigDict(from_attributes=True)

    service: str = Field(examples=["wireguard-vpn"])
    services: list[str] = Field(
        default=[], description="All that are in it, this one first, where these are several.", examples=[[]]
    )
    path: str
    badges: list[str] = Field(
        description="unknown, missing, broken, diverged, dirty, ahead, behind or clean.", examples=[["dirty", "ahead"]]
    )
    main_branch: str = Field(examples=["main"])
    main: str | None = None
    remote_main: str | None = Field(default=None, description="Main at origin as of the last fetch.")
    ahead: int = 0
    behind: int = 0
    remotes: dict[str, str] = Field(default={}, description="Name and address, without any password.")
    branch_count: int = 0
    stray_count: int = 0
    strays: list[StrayBranch] = []
    edit_count: int = 0
    checkouts: list[DirtyCheckout] = []
    error: str | None = None
    seen_at: datetime | None = None
    fetched_at: datetime | None = None
    pushed_at: datetime | None = None

    @classmethod
    def of(cls, row: Listed) -> "StateOut":
        """Make it of what the query for lists gives."""
        kept = {} if row.state is None else {name: getattr(row.state, name) for name in _KEPT}
        own = {"service": row.name, "services": list(row.services), "path": row.path, "main_branch": row.main_branch}
        return cls(**own, badges=row.badges, **kept)


_KEPT = sorted(set(StateOut.model_fields) - {"service", "services", "path", "main_branch", "badges"})


class HeldOut(BaseModel):
    """What was decided and has not happened in a repository, or in a checkout, yet; and why."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    held: Annotated[str, Field(description="What is in the way.")]
    repositories: tuple[str, ...]
