"""What the catalog gives out."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from calcifer.kit.git.objects import Entry
from calcifer.services.contents import Folder, Logged, Shown
from calcifer.services.models import Service
from calcifer.services.rows import Listed, Neighbour, Surroundings

OID = "3f1d2c4b5a69788796a5b4c3d2e1f00112233445"


class ServiceOut(BaseModel):
    """A service as lists have it."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["web"])
    title: str = Field(examples=["Web proxy"])
    description: str = Field(examples=["What the internet sees first."])
    kind: str = Field(examples=["application"])
    owner: str = Field(examples=["ada"])
    lifecycle: str = Field(examples=["production"])
    visibility: str = Field(examples=["internal"])
    policy: str = Field(description="Which rules its items must pass.", examples=["solo"])
    path: str = Field(description="Where the repository is on the server.", examples=["/srv/calcifer/web"])
    folder: str = Field(
        description="Which folder of the repository it is; empty: all of it, but for those that are services themselves.",
        examples=[""],
    )
    main_branch: str = Field(examples=["main"])
    head: str | None = Field(description="The commit of main that this was read from.", examples=[OID])
    descriptor_source: str = Field(
        description="`service.yaml`, `catalog-info.yaml` or `derived`.", examples=["service.yaml"]
    )
    descriptor_error: str | None = Field(
        description="What is wrong with the descriptor, with line and column; the last good one stays in force.",
        examples=[None],
    )
    adopted_at: datetime
    scanned_at: datetime
    missing_since: datetime | None = Field(
        description="Since when its repository is not at its place.", examples=[None]
    )

    @classmethod
    def listed(cls, row: Listed) -> "ServiceOut":
        """Make it from a row of a list."""
        return cls.model_construct(**row._asdict())


class NeighbourOut(BaseModel):
    """The other end of a dependency."""

    name: str = Field(examples=["database"])
    is_known: bool = Field(description="Whether there is a service of this name.", examples=[True])

    @classmethod
    def of(cls, neighbour: Neighbour) -> "NeighbourOut":
        """Make it from a row."""
        return cls(name=neighbour.name, is_known=neighbour.title is not None)


class LinkOut(BaseModel):
    """A link of a descriptor, as it is written there."""

    title: str = Field(examples=["Dashboard"])
    url: str = Field(examples=["https://web.example.org/"])


class ServiceDetail(ServiceOut):
    """A service with everything that the catalog knows of it."""

    verify: str | None = Field(
        description="The command that proves a merge result.", examples=["docker compose config"]
    )
    baseline: str | None = Field(description="The commit of main at adoption.", examples=[OID])
    descriptor_notes: list[str]
    facts: dict[str, Any] = Field(description="What is read from the compose file.")
    links: list[LinkOut]
    depends_on: list[NeighbourOut]
    needed_by: list[NeighbourOut]
    cycles: list[list[str]] = Field(
        description="Ways round by which it depends on itself.", examples=[[["web", "database", "web"]]]
    )

    @classmethod
    def of(cls, service: Service, around: Surroundings) -> "ServiceDetail":
        """Make it from a row and its neighbours."""
        links = [LinkOut(title=link.get("title", ""), url=link.get("url", "")) for link in service.links]
        made: dict[str, Any] = {
            "links": links,
            "depends_on": [NeighbourOut.of(one) for one in around.needs],
            "needed_by": [NeighbourOut.of(one) for one in around.needed_by],
            "cycles": around.cycles,
        }
        own = {name: getattr(service, name) for name in cls.model_fields.keys() - made.keys()}
        return cls(**own, **made)


class EntryOut(BaseModel):
    """One line of a folder."""

    name: str = Field(
        description="What cannot be shown is spelled out: ⟨0xE9⟩, ⟨U+202E⟩.", examples=["docker-compose.yml"]
    )
    path: str | None = Field(
        description="What `path` takes; null where no address can name it.", examples=["docker-compose.yml"]
    )
    kind: Literal["file", "folder", "link", "submodule"]
    size_bytes: int | None = Field(examples=[412])

    @classmethod
    def of(cls, row: Entry) -> "EntryOut":
        """Make it from a line of a folder."""
        path = row.path if row.is_reachable else None
        return cls.model_validate({"name": row.name, "path": path, "kind": row.kind, "size_bytes": row.size})


class FileOut(BaseModel):
    """A folder or a file of main at `commit`."""

    example: ClassVar[dict[str, Any]] = {
        "commit": OID,
        "path": "docker-compose.yml",
        "kind": "text",
        "size_bytes": 30,
        "text": "services:\n  web:\n    image: nginx\n",
        "target": None,
        "entries": None,
    }
    model_config = ConfigDict(json_schema_extra={"example": example})

    commit: str
    path: str
    kind: Literal["folder", "text", "image", "binary", "large", "link", "submodule"]
    size_bytes: int | None
    text: str | None = Field(description="Of a text; characters that mislead are spelled out.")
    target: str | None = Field(description="Where a link leads; the commit of a submodule.")
    entries: list[EntryOut] | None = Field(description="Of a folder: the first thousand.")
    more: bool = Field(default=False, description="Whether the folder has more entries than these.")

    @classmethod
    def folder(cls, commit: str, path: str, found: Folder) -> "FileOut":
        """Make it of a folder."""
        entries = [EntryOut.of(row) for row in found.entries]
        own = {"commit": commit, "path": path, "kind": "folder", "size_bytes": None, "text": None, "target": None}
        return cls.model_validate(own | {"entries": entries, "more": found.more})

    @classmethod
    def file(cls, commit: str, file: Shown) -> "FileOut":
        """Make it of a file."""
        text = "".join(f"{line}\n" for line in file.lines) if file.kind == "text" else None
        given = {"commit": commit, "path": file.path, "kind": file.kind, "size_bytes": file.size, "text": text}
        return cls.model_validate(given | {"target": file.target or None, "entries": None})


class LoggedOut(BaseModel):
    """A commit of main."""

    model_config = ConfigDict(from_attributes=True)

    oid: str = Field(examples=[OID])
    subject: str = Field(examples=["Pin nginx (#42)"])
    body: str
    author: str = Field(examples=["Ada Lovelace"])
    mail: str = Field(examples=["ada@example.org"])
    at: datetime
    item: int | None = Field(description="The item that its trailer names.", examples=[42])

    @classmethod
    def of(cls, commit: Logged) -> "LoggedOut":
        """Make it from a commit."""
        return cls.model_validate(commit)
