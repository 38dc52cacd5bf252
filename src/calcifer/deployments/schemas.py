"""What the edges take and give for deployments."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from calcifer.deployments.models import Deployment
from calcifer.kit.git.names import checked_oid
from calcifer.kit.schemas import Line, Text, judged
from calcifer.services.intent import ServiceName

Commit = Annotated[str, StringConstraints(max_length=100), judged(checked_oid)]
Reason = Annotated[Text, StringConstraints(max_length=2000)]


class Place(BaseModel):
    """A service at a target."""

    model_config = ConfigDict(extra="forbid")

    service: ServiceName = Field(examples=["web"])
    to: Line | None = Field(
        default=None,
        description="A target's name, or its host; needed where there are several.",
        examples=["production"],
    )


class NewDeployment(Place):
    """What is to be brought where."""

    commit: Commit | None = Field(default=None, description="Main as it is without it.")
    reason: Reason = Field(default="", examples=["The new certificate."])


class NewRollback(Place):
    """What is to be taken back."""

    reason: Reason = ""


class Kept(BaseModel):
    """What a note of a commit says of a deployment; anybody may have written it."""

    model_config = ConfigDict(extra="ignore")

    deployment: Annotated[int, Field(ge=1, le=2**31 - 1)]
    kind: Literal["deploy", "rollback"]
    service: ServiceName
    host: Line
    target: Line
    directory: Line
    project: Line | None = None
    commit: Commit
    before: Commit | None = None
    items: Annotated[list[Annotated[int, Field(ge=1, le=2**31 - 1)]], Field(max_length=1000)] = []
    why: Reason = ""
    by: Line
    asked: AwareDatetime
    began: AwareDatetime | None = None
    ended: AwareDatetime
    outcome: Literal["good", "returned", "failed", "cancelled"]
    verdict: Reason | None = None
    error: Reason | None = None
    images: Annotated[dict[str, dict[str, str | list[str]]], Field(max_length=1000)] = {}


class NewTrust(BaseModel):
    """Which hooks may run, as they were read."""

    model_config = ConfigDict(extra="forbid")

    digests: Annotated[list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]], Field(max_length=10)]


class HookOut(BaseModel):
    """A hook of a version; the digest stands for its command and the files that it names."""

    name: str = Field(examples=["pre_deploy"])
    command: str = Field(examples=["./backup.sh"])
    files: list[str] = Field(description="Files of the repository that it names.")
    digest: str
    by: str | None = Field(description="Who has trusted it; null where nobody has.")


class HooksOut(BaseModel):
    """The hooks of a deployment's version."""

    deployment: int
    commit: str
    hooks: list[HookOut]


class RunLog(BaseModel):
    """What one run on the host said."""

    name: str = Field(examples=["forth-up-0"])
    text: str


class LogOut(BaseModel):
    """What was said on the host, run by run, oldest first."""

    runs: list[RunLog]


class CellOut(BaseModel):
    """A service on a host: which version is there, and what it is behind."""

    service: str = Field(examples=["web"])
    target: str = Field(examples=["production"])
    host: str = Field(examples=["alpha"])
    state: str = Field(
        description="current, behind, elsewhere (a commit that main does not have), or never.", examples=["behind"]
    )
    commit: str | None = Field(description="The deployed version.")
    main: str | None = Field(description="The commit of main.")
    items: list[int] = Field(description="Completed items that are not there yet.", examples=[[7, 9]])
    deployment: int | None = Field(description="The deployment that brought it.")
    by: str | None
    at: datetime | None
    is_stopped: bool = Field(default=False, description="Whether somebody stopped all of it on purpose.")
    stopped: str = Field(default="", description="What was stopped on purpose, in a sentence.")


class DeploymentOut(BaseModel):
    """A deployment, and what came of it."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[12])
    service: str = Field(examples=["web"])
    host: str = Field(examples=["alpha"])
    target: str = Field(examples=["production"])
    kind: str = Field(description="deploy or rollback.", examples=["deploy"])
    state: str = Field(
        description="pending, running, held (somebody has to decide), good, returned (to the version before), failed, cancelled.",
        examples=["good"],
    )
    phase: str = Field(description="plan, ship, start, verify, record.")
    commit: str
    before: str | None = Field(description="The commit that the host had.")
    items: list[int] = Field(description="The items that came with it.")
    reason: str
    by: str
    directory: str
    project: str
    plan: dict[str, Any]
    images: dict[str, Any]
    verdict: str | None
    error: str | None
    mend: str | None
    made_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Deployment, service: str, host: str) -> "DeploymentOut":
        """Make it from the row, with the names of service and host."""
        own = {name: getattr(row, name) for name in cls.model_fields if name not in {"service", "host", "by"}}
        return cls.model_validate(own | {"service": service, "host": host, "by": row.actor_name})
