"""What work takes in and gives out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from calcifer.kit.schemas import Line, Said, Text
from calcifer.work.models import Item
from calcifer.work.rows import Listed

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
    service: Line | None = Field(
        None, description="Needed by `service`; the others default to calcifer-app.", examples=["web"]
    )
    assignee: Line | None = None
    parent: int | None = Field(None, ge=1, le=2**31 - 1)
    is_parent: bool = False


class ItemChanges(_Input):
    """What to change about an open item; what is left out stays."""

    title: Line | None = None
    reason: Said | None = None
    notes: Text | None = None
    docs_reason: Text | None = None
    assignee: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="An empty text takes the person off."
    )
    revision: int | None = Field(
        None, description="The revision that the change was based on; refused where it has moved on."
    )


class FileContent(_Input):
    """A file of the branch as text, by its path in the repository; `content` null deletes it."""

    path: Annotated[str, Field(min_length=1, max_length=1024)]
    content: Annotated[str, Field(max_length=FILE_CHARACTERS)] | None


class NewCommit(_Input):
    """A commit on the item's branch: from texts, or from the edits that lie in its worktree."""

    message: Said = Field(examples=["Pin nginx to 1.27"])
    entry: Text | None = Field(
        None, description="The change entry; left out, the one there is stays.", examples=["Pin nginx to 1.27."]
    )
    files: list[FileContent] = Field(default=[], max_length=500)
    from_worktree: bool = Field(default=False, description="Take the uncommitted changes of the item's worktree.")
    paths: list[str] | None = Field(None, max_length=5000, description="Of these changes, only these paths.")
    base: str | None = Field(
        None, description="The head that the files were edited on; refused where the branch has moved."
    )


class Update(_Input):
    """How both sides go together where bringing up to date conflicts: the whole text of each file, null to delete it."""

    resolutions: list[FileContent] = Field(default=[], max_length=500)


class NewChange(_Input):
    """The express lane: `reason` is also note, commit message and change entry."""

    service: Line = Field(examples=["web"])
    reason: Said = Field(examples=["Pin nginx to 1.27: the update broke the proxy."])
    files: list[FileContent] = Field(
        default=[],
        max_length=500,
        description="Whole texts, by their paths in the service; without them the edits in main's checkout.",
    )
    paths: list[str] | None = Field(
        None, max_length=5000, description="Of the edits in main's checkout, only these paths."
    )
    base: str | None = Field(None, description="The commit of main that the files were edited on.")
    action: Action = "change"
    approve_reach: bool = Field(
        default=False, description="Approve what it reaches of hosts in the same step: under `solo`, by their owner."
    )


class ReachDecision(_Input):
    """Approve what an item reaches: that of the digest, which was read before."""

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    host: Line | None = Field(None, description="Left out: every host that waits and that you decide for.")


class ReachOut(BaseModel):
    """What an item reaches of its hosts, each thing a line, and who has approved it; the digest stands for exactly that."""

    model_config = ConfigDict(from_attributes=True)

    item: int
    digest: str = Field(description="Empty where nothing is reached.")
    facts: list[str]
    approved: dict[str, str | None] = Field(description="By whom, by host; null where it waits.")


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


class ChecklistOut(BaseModel):
    """A checklist line, counted from 1."""

    model_config = ConfigDict(from_attributes=True)

    position: int
    text: str
    done: bool
    done_by: str | None
    done_at: datetime | None


class VerdictOut(BaseModel):
    """What a rule says: `state` is pass, fail, waived or pending; anything but pass and waived holds the completion."""

    model_config = ConfigDict(from_attributes=True)

    rule: str
    state: str
    sentence: str
    mend: str
    evidence: list[str]


class CommitOut(BaseModel):
    """A commit of the item's branch."""

    oid: str
    subject: str
    author: str
    at: datetime


class ItemOut(BaseModel):
    """An item as lists have it."""

    number: int = Field(examples=[42])
    title: str = Field(examples=["Pin nginx"])
    kind: str = Field(examples=["Service Change"])
    category: str
    action: str
    service: str = Field(examples=["web"])
    state: str = Field(examples=["open"])
    branch: str | None = Field(examples=["work/42-pin-nginx"])
    parent: int | None
    is_parent: bool
    reverts: int | None
    author: str
    assignee: str | None
    opened_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    completed_by: str | None
    merge: str | None
    revision: int

    @classmethod
    def of(cls, item: Item | Listed) -> "ItemOut":
        """Make it from a row with its service."""
        return ItemOut.model_construct(**item_fields(item))


def item_fields(item: Item | Listed) -> dict[str, Any]:
    """Return what every schema of an item has, by name."""
    own = {name: getattr(item, name) for name in ItemOut.model_fields.keys() - {"service", "parent"}}
    return own | {"service": item.service_name, "parent": item.parent_number}


class ItemDetail(ItemOut):
    """An item with everything that is known of it."""

    reason: str
    notes: str
    docs_reason: str
    notice: str | None
    is_express: bool
    head: str | None
    main: str | None
    ahead: int
    behind: int
    checklist: list[ChecklistOut]
    verdicts: list[VerdictOut]
    can_complete: bool
    commits: list[CommitOut]
    changed: list[str]
    children: list[int]
    answers_for: list[str]


class StrayOut(BaseModel):
    """A commit on main that waits for an item."""

    service: str
    oid: str
    subject: str
    author: str
    at: datetime


class ChangeOut(BaseModel):
    """What the express lane came to: the item, completed or still open, and what the rules said."""

    item: ItemOut
    verdicts: list[VerdictOut]
    completed: bool


class CommitMade(BaseModel):
    """The commit that was made, and where the branch is now."""

    commit: str


class VerificationOut(BaseModel):
    """A run of the service's verify command on a merge result."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    item_number: int
    tree: str
    command: str
    state: str
    exit_code: int | None
    seconds: float | None
    output: str


class LineNumber(_Input):
    """A line of the checklist, counted from 1."""

    line: int = Field(ge=1, le=1000)


class LineMove(LineNumber):
    """A line of the checklist and its new place."""

    to: int = Field(ge=1, le=1000)


class Reason(_Input):
    """Why; a sentence."""

    reason: Said


class Trust(_Input):
    """The verify command of a service, word for word as it was read."""

    service: Line
    command: Annotated[str, Field(min_length=1, max_length=2000)]


class WorktreeOut(BaseModel):
    """Where the item's worktree lies on the server."""

    path: str


class TrustedOut(BaseModel):
    """A command that may run on this machine, and who allowed it."""

    model_config = ConfigDict(from_attributes=True)

    command: str
    by: str
    at: datetime


class ContextOut(BaseModel):
    """What someone who joins needs to know of an item or a service."""

    subject: str
    markdown: str
