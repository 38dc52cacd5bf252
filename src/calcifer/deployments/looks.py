"""What the edges take and give for looks."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from calcifer.deployments.looking import registries
from calcifer.deployments.models import Look
from calcifer.hosts.models import Host
from calcifer.kit.promises import JobRow
from calcifer.kit.schemas import Line
from calcifer.updates.models import Image


class LookWish(BaseModel):
    """Which hosts are to be looked at; without a name all are."""

    model_config = ConfigDict(extra="forbid")

    hosts: list[Line] = Field(default=[], max_length=200, examples=[["alpha"]])
    updates: bool = Field(default=False, description="Also ask registries for newer contents of what is seen.")


class LookJobOut(BaseModel):
    """How a look goes, or how it went."""

    id: int = Field(examples=[7])
    host: str = Field(examples=["alpha"])
    state: Literal["pending", "running", "done", "failed"]
    progress: str | None
    error: str | None
    mend: str | None

    @classmethod
    def of(cls, row: JobRow) -> "LookJobOut":
        """Make it from the job."""
        own = {name: getattr(row, name) for name in ("id", "state", "progress", "error", "mend")}
        return cls.model_validate(own | {"host": row.subject})


class ProblemOut(BaseModel):
    """Something that is wrong on a host."""

    weight: str = Field(
        description="bad: broken now; warn: will hurt one day; hint: could be better.", examples=["warn"]
    )
    kind: str = Field(examples=["restart"])
    sentence: str
    mend: str = Field(description="What to do; a command where there is one.")
    where: list[str] = Field(description="The first 50 of the places.", examples=[["web/app"]])
    places: int = Field(description="How many places there are.")


class LookedHost(BaseModel):
    """A host, and how the last look at it ended; what was seen is at its own address."""

    host: str = Field(examples=["alpha"])
    state: str = Field(description="fine, problems, unreachable or unseen.", examples=["problems"])
    seen_at: datetime | None
    problems: int = Field(description="How many, hints left out.")
    error: str | None = Field(description="Why the last attempt saw nothing.")
    mend: str | None

    @classmethod
    def of(cls, host: Host, look: Look | None) -> "LookedHost":
        """Make it from both rows; `look` is None where nobody has looked at this machine."""
        if look is None:
            return cls(host=host.name, state="unseen", seen_at=None, problems=0, error=None, mend=None)
        state = "unreachable" if look.error else "problems" if look.problems else "fine"
        return cls(
            host=host.name,
            state=state,
            seen_at=look.seen_at,
            problems=look.problems,
            error=look.error,
            mend=look.mend,
        )


class GitOut(BaseModel):
    """What git on the host says of a stack's directory."""

    state: str = Field(description="clean, changed, none, foreign, unread, or empty: not asked.")
    branch: str
    commit: str
    ahead: int
    behind: int = Field(description="Of what was fetched last; nothing is fetched.")
    has_upstream: bool
    changed: list[str]


class MainOut(BaseModel):
    """The directory beside main of the service that lies in it."""

    commit: str
    changed: list[str]
    missing: list[str]
    reason: str = Field(description="Why it was not compared.")


class FileOut(BaseModel):
    """A compose file that a stack was started with."""

    path: str
    is_there: str = Field(description="yes, no, hidden (this user may not see it) or unknown.")


class ContainerOut(BaseModel):
    """A container."""

    name: str
    service: str
    image: str
    digest: str = Field(description="By which a registry knows the image; empty where it is from none.")
    built: str = Field(description="The day on which the image was built.")
    has_newer: bool = Field(description="Whether the image's name means another one on the host today.")
    newest: str = Field(default="", description="The digest in the registry, where that is another one.")
    status: str
    health: str = Field(description="healthy, unhealthy, starting, or unchecked.")
    ports: str


class StackOut(BaseModel):
    """A compose project; the one without a name has the containers that belong to none."""

    name: str
    directory: str
    is_there: str
    files: list[FileOut]
    service: str | None = Field(description="The service of the catalog that lies in the directory.")
    git: GitOut
    main: MainOut | None
    kinds: list[str] = Field(description="Of the problems that it has.")
    container_count: int
    running_count: int
    containers: list[ContainerOut] = Field(description="The first 100.")


class LookOut(LookedHost):
    """What was seen on a host: problems, the heaviest first, and stacks by name."""

    engine_version: str = ""
    stack_count: int = 0
    container_count: int = 0
    running_count: int = 0
    vanished_count: int = Field(default=0, description="Containers that were gone before they could be looked at.")
    counts: dict[str, int] = Field(default={}, description="Problems by weight, all of them.")
    found: list[ProblemOut] = Field(default=[], description="The first 300 problems.")
    stacks: list[StackOut] = Field(default=[], description="The first 1,000 stacks.")
    updates: str = Field(default="", description="What is known of newer images in registries.")

    @classmethod
    def whole(cls, host: Host, look: Look | None, images: Mapping[str, Image] | None = None) -> "LookOut":
        """Make it from both rows, with what was seen, and what registries have of it."""
        content: dict[str, Any] = registries.told(deepcopy(look.content), images or {}) if look else {}
        found = content.pop("problems", [])
        return cls.model_validate(LookedHost.of(host, look).model_dump() | content | {"found": found})
