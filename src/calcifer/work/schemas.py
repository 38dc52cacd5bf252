"""What work takes in; what it gives out is in `views.py`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from calcifer.kit.schemas import Line, Said, Text

Category = Literal["service", "platform_feature", "integration", "documentation"]
Action = Literal["new", "change", "fix"]
FILE_CHARACTERS = 2_000_000


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewItem(_Input):
    """A change that somebody wants to make."""

    title: Line = Field(examples=["Pin nginx"])
    reason: Said = Field(examples=["The last update of nginx broke the proxy."])
    category: Category = "service"
    action: Action = "change"
    service: Line | None = Field(None, description="Needed by `service`; the others default to calcifer-app.", examples=["web"])
    assignee: Line | None = None
    parent: int | None = Field(None, ge=1, le=2**31 - 1)
    is_parent: bool = False


class ItemChanges(_Input):
    """What to change about an open item; what is left out stays."""

    title: Line | None = None
    reason: Said | None = None
    notes: Text | None = None
    docs_reason: Text | None = None
    assignee: Annotated[str, Field(max_length=200)] | None = Field(None, description="An empty text takes the person off.")
    revision: int | None = Field(None, description="The revision that the change was based on; refused where it has moved on.")


class FileContent(_Input):
    """A file of the branch as text; `content` null deletes it."""

    path: Annotated[str, Field(min_length=1, max_length=1024)]
    content: Annotated[str, Field(max_length=FILE_CHARACTERS)] | None


class NewCommit(_Input):
    """A commit on the item's branch: from texts, or from the edits that lie in its worktree."""

    message: Said = Field(examples=["Pin nginx to 1.27"])
    entry: Text | None = Field(None, description="The change entry; left out, the one there is stays.", examples=["Pin nginx to 1.27."])
    files: list[FileContent] = Field(default=[], max_length=500)
    from_worktree: bool = Field(False, description="Take the uncommitted changes of the item's worktree.")
    paths: list[str] | None = Field(None, max_length=5000, description="Of these changes, only these paths.")
    base: str | None = Field(None, description="The head that the files were edited on; refused where the branch has moved.")


class Update(_Input):
    """How both sides go together where bringing up to date conflicts: the whole text of each file, null to delete it."""

    resolutions: list[FileContent] = Field(default=[], max_length=500)


class NewChange(_Input):
    """The express lane: `reason` is also note, commit message and change entry."""

    service: Line = Field(examples=["web"])
    reason: Said = Field(examples=["Pin nginx to 1.27: the update broke the proxy."])
    files: list[FileContent] = Field(default=[], max_length=500, description="Whole texts; without them the edits in main's checkout.")
    paths: list[str] | None = Field(None, max_length=5000, description="Of the edits in main's checkout, only these paths.")
    base: str | None = Field(None, description="The commit of main that the files were edited on.")
    action: Action = "change"


class ChecklistText(_Input):
    """The text of a checklist line."""

    text: Line


class NewWaiver(_Input):
    """Let a rule pass for this head, with the reason, which becomes a part of the record."""

    rule: Line
    reason: Said


class Claim(_Input):
    """Give commits that reached main without an item one."""

    service: Line
    reason: Said
    title: Line | None = None
    commits: list[str] | None = Field(None, max_length=1000, description="Left out: all that wait.")
