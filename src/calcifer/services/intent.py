"""The only place that defines what a descriptor may say: the form of `.calcifer/service.yaml`.

`docs/schemas/service.schema.json` is made from it, for editors (`make schemas`).
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from calcifer.kit.schemas import worded
from calcifer.services.naming import NAME

_TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Word = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z0-9][a-z0-9 _.-]*$")]
_NAME = worded(
    "^" + NAME.pattern.replace(r"\Z", "$"), "This is the name of a service, as `calcifer services list` has it."
)
ServiceName = Annotated[str, StringConstraints(pattern=_NAME)]
WebAddress = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s\x00-\x1f\x7f<>\"]+$")]
Address = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[a-z][a-z0-9+.-]*://[^\s\x00-\x1f\x7f<>\"]+$")]

_BOUND = r"(?:[<>]=?|=)v?[0-9]{1,9}(?:\.[0-9]{1,9}){0,3}"
_MATCH = rf"^(?:{_BOUND}(?: {_BOUND}){{0,5}}|[A-Za-z0-9_*?\[\]!][A-Za-z0-9_.*?\[\]!-]*)$"


Command = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=_TEXT)]


class Part(BaseModel):
    """A part of a descriptor: what it does not know is kept, for other programs may."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class Link(Part):
    """Something to open in a browser."""

    title: Line
    url: WebAddress


PRODUCTION = "production"
"""The target, and the environment, of who names none."""


class Target(Part):
    """Where it runs: a host, under the name of an environment."""

    name: Word = PRODUCTION
    host: Line
    directory: Line | None = Field(None, description="Where on the host it lies; Calcifer's own place without it.")
    on_complete: Literal["deploy"] | None = Field(
        None, description="What happens there once a change is completed; nothing without it."
    )


class Hooks(Part):
    """What runs on the host at a deployment, in the service's directory, once an owner has trusted it."""

    pre_deploy: Command | None = Field(None, description="Before the containers follow.", examples=["./backup.sh"])
    post_deploy: Command | None = Field(None, description="Once the version is verified.")


class Endpoint(Part):
    """What is watched."""

    name: Line | None = None
    url: Address = Field(
        description="https://…, http://…, tcp://host:port, icmp://host, dns://server/name",
        examples=["https://example.org/"],
    )
    target: Word | None = Field(
        None, description="To which target it belongs, by its name; to production without it.", examples=["test"]
    )
    expect: Annotated[int, Field(ge=100, le=599)] | None = Field(
        None, description="The status that HTTP has to answer with; any of 2xx and 3xx without it.", examples=[401]
    )


class Update(Part):
    """How far updates of an image may go. The first entry whose image fits counts."""

    image: Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[A-Za-z0-9_.:/*?\[\]!-]+$")] = (
        Field(
            description="The image without its tag; `*` and `?` stand for what they do in names of files.",
            examples=["nginx", "ghcr.io/example/*"],
        )
    )
    match: Annotated[str, StringConstraints(max_length=128, pattern=_MATCH)] | None = Field(
        None, description="Which tags count: a pattern, or a range.", examples=["1.27.*", ">=1.25 <2"]
    )
    allow: Literal["none", "digest", "patch", "minor", "major"] = Field(
        "minor", description="How far an update may go; `digest`: another content of the same tag."
    )
    automatic: Literal["none", "digest", "patch", "minor", "major"] = Field(
        "none",
        description="How far an update may go that Calcifer completes by itself, where the rules let it through.",
    )


class Descriptor(Part):
    """What is meant of a service. What can be read from its files (images, ports, volumes) is not typed in here."""

    model_config = ConfigDict(title="A service of Calcifer: .calcifer/service.yaml")

    title: Line | None = Field(
        None, description="What people call it; the README's title without it.", examples=["Web proxy"]
    )
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=5000, pattern=_TEXT)] | None = (
        Field(
            None,
            description="What it is for, in a sentence or two of Markdown; the README's first paragraph without it.",
        )
    )
    kind: Word = Field(
        "application", description="What sort of thing it is.", examples=["application", "infrastructure", "network"]
    )
    owner: Line | None = Field(None, description="Who answers for it.", examples=["ada"])
    lifecycle: Word = Field(
        "production", description="How far it is.", examples=["experimental", "production", "deprecated", "retired"]
    )
    visibility: Literal["internal", "private"] = Field(
        "internal", description="Whom it is meant for. It is told, not enforced: whoever has an account sees it."
    )
    depends_on: list[ServiceName] = Field(
        [], max_length=200, description="Names of services that it needs.", examples=[["database"]]
    )
    links: list[Link] = Field([], max_length=100, description="What to open in a browser.")
    targets: list[Target] = Field([], max_length=100, description="Where it runs.")
    endpoints: list[Endpoint] = Field([], max_length=100, description="What is watched.")
    updates: list[Update] = Field([], max_length=100, description="How far updates of its images may go.")
    policy: Literal["solo", "team", "strict"] = Field("solo", description="Which rules a change must pass.")
    hooks: Hooks | None = Field(None, description="Commands that run on the host at a deployment.")
    verify: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=_TEXT)] | None
    ) = Field(None, description="A command that proves a merge result, once it is trusted.", examples=["pytest -q"])


def schema() -> dict[str, Any]:
    """Return the JSON schema of a descriptor."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Descriptor.model_json_schema()}


def schema_text() -> str:
    """Return the schema as its file has it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(schema_text())
