"""What going on with work from elsewhere takes in and gives out."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from calcifer.kit.promises import JobRow
from calcifer.kit.schemas import Line, Said
from calcifer.services.forges import Request
from calcifer.work.schemas import Action, Category


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Taken(_Input):
    service: Line = Field(examples=["web"])
    title: Line | None = Field(None, description="Left out: that of the first commit, or of the request.")
    category: Category = "service"
    action: Action = "change"
    assignee: Line | None = None


class Take(_Taken):
    """Go on with a branch that is there: an item whose own branch begins at its commit."""

    branch: Line = Field(description="Here, or at origin as of the last fetch.", examples=["try-nginx-mainline"])
    reason: Said = Field(examples=["Tried last winter, and still wanted."])


class TakeRequest(_Taken):
    """Go on with a merge request or pull request of the forge that the service's origin lies on."""

    number: int = Field(ge=1, le=2**31 - 1, examples=[12])
    reason: Said | None = Field(None, description="Left out: the text of the request.")
    forge: Line | None = Field(None, description="Where the origin does not tell it.", examples=[None])
    token: SecretStr | None = Field(None, max_length=4096, description="For this one time; it is not kept.")


class AskRequests(_Input):
    """Which service's open requests to ask for."""

    service: Line = Field(examples=["web"])
    forge: Line | None = Field(None, description="Where the origin does not tell it.", examples=[None])
    token: SecretStr | None = Field(None, max_length=4096, description="For this one time; it is not kept.")


class RequestOut(BaseModel):
    """An open merge request or pull request."""

    number: int = Field(examples=[12])
    title: str = Field(examples=["Pin nginx"])
    author: str = Field(examples=["ada"])
    branch: str = Field(examples=["pin-nginx"])
    into: str = Field(description="The branch that it is for.", examples=["main"])
    url: str = Field(examples=["https://git.example.org/home/web/pulls/12"])

    @classmethod
    def of(cls, request: Request) -> "RequestOut":
        """Make it of what the forge answered."""
        return cls(**{name: getattr(request, name) for name in cls.model_fields})


class BranchOut(BaseModel):
    """A branch without an item that has commits which main lacks."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["origin/try-nginx-mainline"])
    oid: str
    ahead: int
    behind: int
    subject: str
    author: str
    at: datetime


class AskedOut(BaseModel):
    """How a question to a forge goes: pending, running, done or failed."""

    id: int
    state: str
    error: str | None
    requests: list[RequestOut] = Field(description="What was answered to the question for open requests.")
    number: int | None = Field(description="The item that was opened.", examples=[None])

    @classmethod
    def of(cls, row: JobRow) -> "AskedOut":
        """Make it of the job."""
        result = row.result or {}
        return cls(
            id=row.id,
            state=row.state,
            error=row.error,
            requests=[RequestOut.model_validate(one) for one in result.get("requests", [])],
            number=result.get("number"),
        )
