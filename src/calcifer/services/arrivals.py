"""What getting services in from elsewhere takes from people and programs, and what it tells them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from calcifer.kit.promises import JobRow
from calcifer.kit.schemas import Line
from calcifer.services.adoptions import WithheldOut
from calcifer.services.elsewhere import Asked, read_asked

Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Forge = Literal["gitea", "forgejo", "github", "gitlab"]


class Survey(BaseModel):
    """Where to look: a user or group of a forge, or a directory on another machine."""

    model_config = ConfigDict(extra="forbid")

    url: Url = Field(examples=["https://git.example.org/some-group"])
    kind: Forge | None = Field(None, description="Left out, the forge is asked what it is.", examples=[None])
    token: SecretStr | None = Field(None, max_length=4096, description="For this one time; it is not kept.")

    def asked(self) -> Asked:
        """Return what the service understands."""
        return Asked(self.url, "gitea" if self.kind == "forgejo" else self.kind)

    def secret(self) -> str | None:
        """Return the token."""
        return self.token.get_secret_value() if self.token else None


class AdoptFrom(Survey):
    """What to take from there."""

    by_ssh: bool = Field(False, description="Clone by ssh, with the keys of the user that Calcifer runs as.")  # noqa: FBT003
    only: list[Line] | None = Field(None, description="By the names of a survey; left out, what it takes by default.")

    def asked(self) -> Asked:
        """Return what the service understands."""
        asked = super().asked()
        return Asked(asked.url, asked.forge, self.by_ssh, frozenset(self.only) if self.only is not None else None)


class FoundOut(BaseModel):
    """One thing that can become a service, or cannot."""

    name: str = Field(description="What the service would be called.", examples=["web"])
    path: str = Field(examples=["some-group/web"])
    source: str = Field(examples=["https://git.example.org/some-group/web.git"])
    kind: Literal["clone", "read", "register", "nothing", "none"]
    says: str = Field(description="`kind` in words.", examples=["cloned into the workspace"])
    notes: list[str] = Field(examples=[["private"]])
    reason: str = Field(description="Why it cannot be taken, or is not by default.", examples=["is archived"])
    by_default: bool
    files: int = Field(description="How many files would be read.")
    reads: list[str] = Field(description="Their names, at most 200.", examples=[["compose.yaml"]])
    withheld: list[WithheldOut] = Field(description="What is not read and stays where it is.")


class SurveyOut(BaseModel):
    """How a survey goes, or what it has found."""

    id: int = Field(examples=[7])
    url: str
    forge: str | None = Field(description="The kind of forge that was said.", examples=[None])
    state: Literal["pending", "running", "done", "failed"]
    progress: str | None
    error: str | None
    mend: str | None
    notes: list[str]
    found: list[FoundOut]

    @classmethod
    def of(cls, row: JobRow) -> "SurveyOut":
        """Make it from the job."""
        result, asked = row.result or {}, read_asked(row.subject)[0]
        said = {name: getattr(row, name) for name in ("id", "state", "progress", "error", "mend")}
        found = {"notes": result.get("notes", []), "found": result.get("found", [])}
        return cls.model_validate({"url": asked.url, "forge": asked.forge, **said, **found})
