"""What a scan gives out."""

from typing import Literal

from pydantic import BaseModel, Field

from calcifer.kit.git.names import visible
from calcifer.kit.promises import JobRow


class UnreadOut(BaseModel):
    """A repository that could not be read; what was known of it stays."""

    name: str = Field(examples=["web"])
    reason: str = Field(examples=["The repository web cannot be read: permission denied."])


class ScanOut(BaseModel):
    """How a scan goes, or how it went; names of services by what happened to them."""

    id: int = Field(examples=[7])
    state: Literal["pending", "running", "done", "failed"]
    progress: str | None = Field(examples=["Reading: 50 of 120"])
    error: str | None = Field(examples=[None])
    new: list[str] = Field(examples=[["wiki"]])
    changed: list[str] = Field(examples=[["web"]])
    missing: list[str] = Field(examples=[[]])
    failed: list[UnreadOut]
    unchanged: int = Field(examples=[37])

    @classmethod
    def of(cls, row: JobRow) -> "ScanOut":
        """Make it from the job."""
        result = row.result or {}
        failed = [{"name": name, "reason": visible(reason)} for name, reason in result.get("failed", [])]
        names = {key: result.get(key, []) for key in ("new", "changed", "missing")}
        own = {"id": row.id, "state": row.state, "progress": row.progress, "error": row.error}
        return cls.model_validate(own | names | {"failed": failed, "unchanged": result.get("unchanged", 0)})

    @property
    def says(self) -> str:
        """How it went, in a sentence."""
        if not (self.new or self.changed or self.missing or self.failed or self.unchanged):
            return "There is no repository yet."
        counted = [(len(self.new), "new"), (len(self.changed), "changed"), (len(self.missing), "missing")]
        counted += [(len(self.failed), "not readable"), (self.unchanged, "as before")]
        return ", ".join(f"{count} {word}" for count, word in counted if count or word == "as before") + "."
