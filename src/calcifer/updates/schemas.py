"""What the edges take and give for updates."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from calcifer.kit.promises import JobRow
from calcifer.kit.schemas import Line, Text
from calcifer.updates.rows import Update

Selector = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=700)]


class CheckWish(BaseModel):
    """Whose images are asked for; without a name those of all services."""

    model_config = ConfigDict(extra="forbid")

    service: Line | None = Field(default=None, examples=["web"])


class TakeWish(BaseModel):
    """Which updates are taken: one becomes an item, several become the children of one."""

    model_config = ConfigDict(extra="forbid")

    updates: list[Selector] = Field(
        min_length=1,
        max_length=100,
        description="service/image, as in web/nginx:1.25.3 or web/nginx; a service alone is all of its updates.",
        examples=[["web/nginx:1.25.3"]],
    )
    reason: Annotated[Text, StringConstraints(max_length=2000)] = Field(
        default="", description="Why; that it is newer without one."
    )


class UpdateOut(BaseModel):
    """An image of a service, and what it could be updated to."""

    service: str = Field(examples=["web"])
    image: str = Field(description="As the compose file has it.", examples=["nginx:1.25.3"])
    containers: list[str] = Field(examples=[["web"]])
    state: str = Field(
        description="update, floating (its tag has no version), unknown (not asked yet), unreadable, held (the descriptor "
        "allows none), fixed (a digest without a tag) or current.",
        examples=["update"],
    )
    sentence: str
    to: str | None = Field(description="What would stand in its place.", examples=["nginx:1.25.5"])
    kind: str = Field(description="digest, patch, minor, major, or empty.", examples=["patch"])
    digest: str = Field(description="Of what that is in the registry, where it is known.")
    beyond: str = Field(description="The newest tag that the rule does not allow.", examples=["2.0.1"])
    allow: str = Field(examples=["minor"])
    automatic: str = Field(examples=["none"])
    item: int | None = Field(description="The open item that takes it.")
    checked_at: datetime | None = Field(description="When its registry answered last.")
    error: str | None = Field(description="Why it did not answer the last question.")
    mend: str | None

    @property
    def key(self) -> str:
        """How it is named to be taken."""
        return f"{self.service}/{self.image}"

    @classmethod
    def of(cls, update: Update, item: int | None) -> "UpdateOut":
        """Make it from an image of a service."""
        used, offer, image = update.used, update.offer, update.image
        return cls(
            service=used.service,
            image=used.written,
            containers=list(used.containers),
            state=offer.state,
            sentence="Its registry did not answer."
            if image and image.error and offer.state == "unknown"
            else offer.sentence,
            to=offer.to.written if offer.to else None,
            kind=offer.kind,
            digest=offer.digest,
            beyond=offer.beyond,
            allow=used.rule.allow,
            automatic=used.rule.automatic,
            item=item,
            checked_at=image.checked_at if image else None,
            error=image.error if image else None,
            mend=image.mend if image else None,
        )


class CheckJobOut(BaseModel):
    """How asking goes, or how it went."""

    id: int = Field(examples=[7])
    service: str | None = Field(description="Whose images; None for all.")
    state: Literal["pending", "running", "done", "failed"]
    progress: str | None
    error: str | None
    mend: str | None
    asked: int | None = Field(description="How many images were asked for.")
    unanswered: int | None = Field(description="For how many there was no answer.")
    items: list[int] = Field(default=[], description="The items that updates by themselves became.")

    @classmethod
    def of(cls, row: JobRow) -> "CheckJobOut":
        """Make it from the job."""
        own = {name: getattr(row, name) for name in ("id", "state", "progress", "error", "mend")}
        result = row.result or {}
        more = {"asked": result.get("asked"), "unanswered": result.get("unanswered"), "items": result.get("items", [])}
        return cls.model_validate(own | more | {"service": None if row.subject == "*" else row.subject})
