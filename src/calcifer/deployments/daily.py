"""What the edges take and give for the day to day: what runs at a target, and what is done to it as it is."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from calcifer.deployments.models import Operation
from calcifer.deployments.schemas import Place

Part = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""The name of a service of the compose files (compose-spec, services top-level element)."""
Since = Annotated[
    str, StringConstraints(max_length=40, pattern=r"^(|\d{1,6}[smhd]|\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?Z?)?)$")
]
MOST_LINES = 2000


class OperationWish(Place):
    """What is to be started, stopped or restarted."""

    parts: list[Part] = Field(
        default=[],
        max_length=100,
        description="Services of the compose files; all of them where none is named.",
        examples=[["app"]],
    )


class LogWish(Place):
    """Which lines of logs somebody wants."""

    parts: list[Part] = Field(default=[], max_length=100, description="Services of the compose files; all without one.")
    since: Since = Field(
        default="", description="An instant (2026-01-31T12:00) or how long ago: 15m, 2h, 3d.", examples=["15m"]
    )
    tail: int = Field(default=200, ge=0, le=MOST_LINES, description="How many lines of the end.")
    text: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", description="Only lines that have this in them, in small letters or capitals."
    )


class OperationOut(BaseModel):
    """What was asked to be done to containers, and what came of it."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[3])
    service: str = Field(examples=["web"])
    host: str = Field(examples=["alpha"])
    target: str = Field(examples=["production"])
    verb: Literal["start", "stop", "restart"]
    parts: list[str] = Field(description="Services of the compose files; none: all of them.")
    state: Literal["pending", "running", "done", "failed"]
    verdict: str | None = Field(description="What was found of the containers at the end.")
    error: str | None
    mend: str | None
    by: str
    made_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Operation, service: str, host: str) -> "OperationOut":
        """Make it from the row, with the names of service and host."""
        own = {name: getattr(row, name) for name in cls.model_fields if name not in {"service", "host", "by"}}
        return cls.model_validate(own | {"service": service, "host": host, "by": row.actor_name})


class LogLine(BaseModel):
    """A line that a container wrote."""

    container: str = Field(examples=["web-1"])
    at: str = Field(description="When the engine took it, by the host's clock; empty where it does not say.")
    text: str


class LogLines(BaseModel):
    """Lines of logs, oldest first for each container."""

    lines: list[LogLine]
    is_cut: bool = Field(default=False, description="Whether there was more than was read.")


class RunningOut(BaseModel):
    """A container at a target, as its host tells it."""

    part: str = Field(description="The service of the compose files.", examples=["app"])
    container: str = Field(examples=["web-app-1"])
    state: str = Field(
        description="running, exited, created, paused, restarting, dead; stopped where somebody stopped it on purpose."
    )
    health: str = Field(description="healthy, unhealthy, starting; empty where it has no check.")
    said: str = Field(description="The engine's own words.", examples=["Up 3 hours (healthy)"])
    image: str = Field(examples=["nginx:1.27"])
    ports: str
    stopped_by: str | None = Field(default=None, description="Who stopped it on purpose.")


class StateOut(BaseModel):
    """What runs at a target."""

    service: str
    host: str
    target: str
    commit: str | None = Field(description="The deployed version.")
    deployment: int | None = Field(description="The deployment that brought it.")
    by: str | None
    since: datetime | None
    stopped: str = Field(description="What was stopped on purpose, in a sentence; empty where nothing is.")
    is_busy: bool = Field(description="Whether something is being done there.")
    containers: list[RunningOut]
