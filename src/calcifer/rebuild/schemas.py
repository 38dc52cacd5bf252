"""What a rebuild gives out."""

from pydantic import BaseModel, Field


class UnreadOut(BaseModel):
    """Something in a repository that could not be taken, or a repository as a whole."""

    service: str = Field(examples=["web"])
    place: str = Field(description="A path, a ref or a commit.", examples=["refs/calcifer/items/7"])
    reason: str = Field(examples=["The record is not UTF-8."])


class DifferenceOut(BaseModel):
    """Where the database and the repositories do not say the same."""

    what: str = Field(examples=["item 7"])
    field: str = Field(description="Empty where it is only in one of them.", examples=["title"])
    database: str | None = Field(description="null where it is not there.", examples=["Pin nginx"])
    repositories: str | None = Field(description="null where it is not there.", examples=["Pin nginx to 1.27"])


class RebuiltOut(BaseModel):
    """How a rebuild went."""

    services: int = Field(examples=[39])
    open: int = Field(examples=[3])
    dropped: int = Field(examples=[1])
    completed: int = Field(examples=[120])
    strays: int = Field(examples=[0])
    hosts: int = Field(examples=[3])
    deployments: int = Field(examples=[40])
    carried: list[str] = Field(
        description="What was taken over from the database that was there.", examples=[["people", "activity"]]
    )
    unread: list[UnreadOut]
    lost: list[int] = Field(
        description="Numbers of items that were in the database and are in no repository.", examples=[[]]
    )
    kept: str | None = Field(
        description="Where the database that was there is now.", examples=["/srv/calcifer/var/backups/…"]
    )

    @property
    def says(self) -> str:
        """How it went, in a sentence."""
        counted = ((self.open, "open"), (self.completed, "completed"), (self.dropped, "dropped"))
        items = ", ".join(f"{count} {word}" for count, word in counted)
        hosts = f" {self.hosts} hosts." if self.hosts else ""
        hosts += f" {self.deployments} deployments." if self.deployments else ""
        return f"{self.services} services; items: {items}; {self.strays} commits wait for an item.{hosts}"
