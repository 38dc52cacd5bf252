"""What the edges take and give for hosts, and what of a host is kept in git."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from calcifer.hosts.models import Host
from calcifer.hosts.naming import checked_directory, checked_name, checked_target
from calcifer.kit.promises import JobRow
from calcifer.kit.schemas import Line, Text, judged
from calcifer.kit.ssh import fingerprint


def _key(value: str) -> str:
    fingerprint(value)
    return value


Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), judged(checked_name)]
Target = Annotated[str, StringConstraints(max_length=400), judged(checked_target)]
Directory = Annotated[str, StringConstraints(max_length=1000), judged(checked_directory)]
Note = Annotated[Text, StringConstraints(max_length=2000)]
Mail = Annotated[Line | Literal[""], StringConstraints(max_length=320)]
Fingerprint = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^SHA256:[A-Za-z0-9+/]{43}$", max_length=60)
]


class NewHost(BaseModel):
    """A machine to be enrolled."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(examples=["alpha"])
    target: Target = Field(
        default="", description="host, user@host or ssh://user@host:port; empty for this machine.", examples=["ada@nas"]
    )
    directory: Directory = Field(default="", validate_default=True, description="Where services lie: /opt/calcifer.")
    note: Note = ""


class HostChanges(BaseModel):
    """What is to be changed; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    target: Target | None = Field(default=None, examples=["ada@nas.lan"])
    directory: Directory | None = Field(default=None, examples=["/opt/calcifer"])
    note: Note | None = None
    owner: Mail | None = Field(
        default=None,
        description="Mail address of who decides what may reach it; empty: the owners of the workspace alone.",
        examples=["bob@example.org"],
    )


class Replacement(BaseModel):
    """Which host takes the name."""

    model_config = ConfigDict(extra="forbid")

    by: Line = Field(examples=["beta"])


class NewPin(BaseModel):
    """Which key is to be pinned."""

    model_config = ConfigDict(extra="forbid")

    fingerprint: Fingerprint = Field(examples=["SHA256:" + "a" * 43])


class Wish(BaseModel):
    """Which host is to be checked; without a name all are."""

    model_config = ConfigDict(extra="forbid")

    name: Line | None = Field(default=None, examples=["alpha"])


class FindingOut(BaseModel):
    """Something that a host lacks."""

    subject: str = Field(examples=["compose"])
    sentence: str = Field(examples=["There is no docker compose on this host."])
    mend: str = Field(examples=["sudo apt-get install docker-compose-plugin"])


class HostOut(BaseModel):
    """A host, and what the last check has found out."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["alpha"])
    state: str = Field(description="ready, lacking, unreachable, unchecked or replaced.", examples=["ready"])
    target: str = Field(description="As for ssh; empty for this machine.", examples=["ada@nas"])
    directory: str = Field(examples=["/opt/calcifer"])
    note: str
    owner: str | None = Field(description="Who decides what may reach it.", examples=["ada@example.org"])
    key_type: str | None = Field(examples=["ED25519"])
    fingerprint: str | None = Field(description="Of the pinned key.", examples=["SHA256:" + "a" * 43])
    pinned_at: datetime | None
    added_at: datetime
    replaced_at: datetime | None
    checked_at: datetime | None = Field(description="Facts and findings are of this instant.")
    error: str | None = Field(description="Why the last check did not reach it.")
    mend: str | None
    failed_at: datetime | None
    findings: list[FindingOut]
    facts: dict[str, Any]

    @classmethod
    def of(cls, host: Host) -> "HostOut":
        """Make it from the row."""
        return cls.model_validate(host)


class HostJobOut(BaseModel):
    """How the enrolment or the pinning of a host goes, or how it went."""

    id: int = Field(examples=[7])
    what: Literal["add", "check", "pin"]
    state: Literal["pending", "running", "done", "failed"]
    progress: str | None
    error: str | None
    mend: str | None
    host: str | None = Field(description="The host, once it is there.", examples=["alpha"])
    fingerprint: str | None = Field(description="Of the key that was pinned.")
    was_known: bool | None = Field(description="Whether the ssh of Calcifer's user knew this key already.")

    @classmethod
    def of(cls, row: JobRow) -> "HostJobOut":
        """Make it from the job."""
        result = row.result or {}
        own = {name: getattr(row, name) for name in ("id", "state", "progress", "error", "mend")}
        said = {name: result.get(name) for name in ("host", "fingerprint", "was_known")}
        return cls.model_validate(own | said | {"what": row.name.partition(".")[2]})


class Kept(BaseModel):
    """What of a host is kept in git: intent alone."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")

    name: str = Field(max_length=100)
    target: Target
    directory: Directory
    note: Note
    owner: str | None = Field(default=None, max_length=320)
    owner_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    key: Annotated[str, judged(_key)] | None
    pinned_at: datetime | None
    added_at: datetime
    replaced_at: datetime | None
