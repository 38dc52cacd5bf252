"""What secrets take in and give out: a value goes in, and comes out where it is revealed alone."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from calcifer.kit.schemas import Line, Text
from calcifer.work.schemas import ItemOut

Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Which(_Input):
    """A secret of a service."""

    name: Line = Field(examples=["DB_PASSWORD"])
    target: Line | None = Field(None, description="Needed where the service has several targets.")


class Removal(Which):
    """A secret that is to go."""

    reason: Text = Field("", description="Why; becomes the change entry.")
    item: Number | None = Field(
        None, description="An open item of the service; without it the change is one of its own."
    )


class NewSecret(Removal):
    """A secret and its value, which is encrypted before it is written anywhere."""

    value: SecretStr = Field(description="Any text without NUL, up to 32,000 bytes.")


class SecretOut(BaseModel):
    """A secret, without its value."""

    target: str
    name: str
    path: str = Field(description="Its file in the repository, encrypted: `age -d` reads it with a key.")


class SecretsOut(BaseModel):
    """The secrets of a service on its main branch."""

    items: list[SecretOut]


class RevealedOut(SecretOut):
    """A secret with its value."""

    value: str


class RotationOut(BaseModel):
    """What a new key has changed: an item for each service."""

    items: list[ItemOut]
