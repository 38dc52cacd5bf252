"""What the activity gives out."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class EntryOut(BaseModel):
    """One thing that somebody did."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    actor: str = Field(description="Who; kept as text.", examples=["Ada Lovelace"])
    verb: str = Field(examples=["work.complete"])
    subject: str = Field(description="What it was done to.", examples=["#42"])
    service: str | None = Field(examples=["web"])
    item_number: int | None = Field(examples=[42])
    detail: dict[str, Any] = Field(description="Before and after, or what else says what was done.")
    request_id: str | None = Field(description="Of the request that did it.")
