"""What getting services in takes from people and programs, and what it tells them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from calcifer.kit.promises import JobRow
from calcifer.kit.schemas import Line, Text
from calcifer.services.histories import Past
from calcifer.services.planning import SAYS, Plan, Wish, shown

Source = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)]
Each = Literal["decide", "each", "one"]
DIRECTORIES: dict[Each, bool | None] = {"decide": None, "each": True, "one": False}


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Adopt(_Input):
    """What to adopt: directories on the server (relative to the workspace), or addresses of repositories."""

    sources: list[Source] = Field(min_length=1, max_length=1000, examples=[["https://git.example.org/web.git"]])
    directories: Each = Field(
        "decide",
        description="`each` makes a service of each directory in a source (of a repository: with its history), `one` a single one.",
    )
    in_place: bool = Field(False, description="Leave repositories and directories where they are.")  # noqa: FBT003
    name: Line | None = Field(None, description="The service's name, where there is one source.", examples=[None])
    only: list[Line] | None = Field(None, description="Of the plan, only the services of these names.")
    rest: bool = Field(
        False,  # noqa: FBT003
        description="Track the other folders of a repository, and what is left of it, where they are.",
    )

    def wish(self) -> Wish:
        """Return what planning understands."""
        only = frozenset(self.only) if self.only is not None else None
        return Wish(tuple(self.sources), DIRECTORIES[self.directories], self.in_place, self.name, only, self.rest)


class NewService(_Input):
    """A service to begin."""

    name: Line = Field(examples=["wiki"])
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = Field("", examples=["Wiki"])
    compose: Text | None = Field(
        None,
        description="Its compose file; left out, it gets one to begin with.",
        examples=["services:\n  wiki:\n    image: dokuwiki/dokuwiki:2025-05-14b\n"],
    )


class WithheldOut(BaseModel):
    """A path that is not committed; a folder's ends with `/`."""

    path: str = Field(examples=[".env"])
    reason: str = Field(examples=["holds the values of variables, often passwords"])


class FindOut(BaseModel):
    """Something in a history that looks like a secret, never belongs into git, or is large."""

    path: str = Field(examples=["config/app.env"])
    line: int | None = Field(examples=[3])
    commit: str = Field(description="The first one that has it, of the repository that it comes from.")
    reason: str = Field(examples=["looks like a secret (GitHub token)"])


class HistoryOut(BaseModel):
    """The history that a folder of a repository brings along."""

    commits: int = Field(examples=[26])
    merges: int = Field(examples=[7])
    tags: int = Field(examples=[0])
    files: int = Field(description="Versions of files in it.", examples=[88])
    size_bytes: int = Field(description="The size of these, before they are compressed.", examples=[1203345])
    former: list[str] = Field(description="Where it lay before.", examples=[["samples/angular"]])
    finds: list[FindOut]
    find_count: int = Field(description="How many there are, where not all are listed.", examples=[0])
    is_looked_through: bool = Field(description="Whether all of it was looked through for secrets.")

    @classmethod
    def of(cls, past: Past | None) -> "HistoryOut | None":
        """Make it from a past that has been looked into."""
        if past is None or past.trace is None:
            return None
        return cls(
            commits=past.commits,
            merges=past.merges,
            tags=past.tags,
            files=past.files,
            size_bytes=past.size_bytes,
            former=[shown(path) for path in past.former],
            finds=[
                FindOut(path=shown(find.path), line=find.line, commit=find.commit, reason=find.reason)
                for find in past.finds
            ],
            find_count=past.find_count,
            is_looked_through=past.is_looked_through,
        )


class StepOut(BaseModel):
    """What becomes a service, and how."""

    name: str = Field(examples=["web"])
    kind: Literal["register", "commit", "clone", "split", "track", "rest", "copy", "begin", "nothing"]
    says: str = Field(description="`kind` in words.", examples=["copied into the workspace"])
    source: str = Field(examples=["/srv/stacks/web"])
    target: str = Field(
        description="Where its repository, or its folder of one, is or will be.", examples=["/srv/calcifer/web"]
    )
    compose: str | None = Field(examples=["compose.yaml"])
    withheld: list[WithheldOut] = Field(description="What is not committed and stays where it is.")
    notes: list[str]
    history: HistoryOut | None = Field(description="What a folder of a repository brings along.")


class LeftOutOut(BaseModel):
    """What does not become a service, and why."""

    source: str = Field(examples=["/srv/stacks/notes"])
    reason: str = Field(examples=["has no compose file"])
    mend: str | None = Field(examples=[None])


class PlanOut(BaseModel):
    """What adopting would do now."""

    steps: list[StepOut]
    left_out: list[LeftOutOut]
    stays: list[LeftOutOut] = Field(description="What stays in repositories that services are taken out of.")

    @classmethod
    def of(cls, plan: Plan) -> "PlanOut":
        """Make it from a plan."""
        steps = [
            StepOut(
                name=step.name,
                kind=step.kind,
                says=SAYS[step.kind],
                source=shown(step.source),
                target=shown(str(step.target)),
                compose=step.compose and shown(step.compose),
                withheld=[WithheldOut(path=shown(one.path), reason=one.reason) for one in step.withheld],
                notes=[shown(note) for note in step.notes],
                history=HistoryOut.of(step.past),
            )
            for step in plan.steps
        ]
        left, stays = (
            [LeftOutOut(source=shown(one.source), reason=shown(one.reason), mend=one.mend) for one in ones]
            for ones in (plan.left_out, plan.stays)
        )
        return cls(steps=steps, left_out=left, stays=stays)


class ReasonOut(BaseModel):
    """A source and what is to be said about it."""

    source: str = Field(examples=["/srv/stacks/notes"])
    reason: str = Field(examples=["has no compose file"])


class AdoptionOut(BaseModel):
    """How an adoption goes, or how it went."""

    id: int = Field(examples=[7])
    state: Literal["pending", "running", "done", "failed"]
    progress: str | None = Field(examples=["3 of 39: web"])
    error: str | None = Field(examples=[None])
    adopted: list[str] = Field(description="Services that are new.", examples=[["web"]])
    unchanged: list[str] = Field(description="Services that were there already.", examples=[[]])
    withheld: list[ReasonOut] = Field(description="What was not committed and stayed where it is.")
    found: list[ReasonOut] = Field(description="What histories hold that looks like a secret, or is large.")
    failed: list[ReasonOut]
    left_out: list[ReasonOut]

    @classmethod
    def of(cls, row: JobRow) -> "AdoptionOut":
        """Make it from the job."""
        result = row.result or {}
        return cls.model_validate(
            {
                "id": row.id,
                "state": row.state,
                "progress": row.progress,
                "error": row.error,
                "adopted": result.get("adopted", []),
                "unchanged": result.get("unchanged", []),
                "withheld": _reasons(result.get("withheld", [])),
                "found": _reasons(result.get("found", [])),
                "failed": _reasons(result.get("failed", [])),
                "left_out": _reasons(result.get("left_out", [])),
            }
        )


class MadeOut(BaseModel):
    """The service that was begun."""

    name: str = Field(examples=["wiki"])
    path: str = Field(examples=["/srv/calcifer/wiki"])


def _reasons(pairs: list[list[str]]) -> list[dict[str, str]]:
    return [{"source": source, "reason": reason} for source, reason in pairs]
