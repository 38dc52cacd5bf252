"""What an examination gives out."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from calcifer.doctor.examination import Examination, Found
from calcifer.kit.legible import legible
from calcifer.kit.promises import JobRow

MOST = 500
"""Findings that a job keeps; a command prints them all."""


class FindingOut(BaseModel):
    """One fault, or something to be known."""

    check: str = Field(examples=["locks"])
    title: str = Field(description="What the check wants to be so.", examples=["No locks are left behind"])
    subject: str = Field(description="A service or a path.", examples=["web"])
    sentence: str = Field(examples=["The lock /srv/calcifer/web/.git/index.lock is older than 10 minutes."])
    mend: str = Field(examples=["Where no git runs there: rm /srv/calcifer/web/.git/index.lock"])
    is_fault: bool = Field(description="False for what is only to be known.")
    is_safe: bool = Field(description="Whether `mend` does it, for nothing can be lost by that.")

    @classmethod
    def of(cls, one: Found) -> "FindingOut":
        """Make it from what a check has found."""
        said = {name: legible(getattr(one.finding, name)) for name in ("subject", "sentence", "mend")}
        return cls(
            check=one.check.name, title=one.check.title, is_fault=one.finding.is_fault, is_safe=one.is_safe, **said
        )


class ExaminationOut(BaseModel):
    """What an examination has found."""

    is_healthy: bool
    found: list[FindingOut]
    more: int = Field(default=0, description="How many findings were too many to be kept.")
    mended: list[FindingOut]
    done: list[str] = Field(description="The checks that were done.", examples=[["database", "locks"]])
    left_out: list[str] = Field(description="Those that were not.", examples=[["fsck"]])
    seconds: float = Field(examples=[1.2])

    @classmethod
    def of(cls, made: Examination, *, most: int | None = None) -> "ExaminationOut":
        """Make it from an examination, with no more than `most` findings."""
        found = sorted(made.found, key=lambda one: not one.finding.is_fault)
        return cls(
            is_healthy=made.is_healthy,
            found=[FindingOut.of(one) for one in found[:most]],
            more=max(0, len(found) - most) if most is not None else 0,
            mended=[FindingOut.of(one) for one in made.mended[:most]],
            done=made.done,
            left_out=made.left_out,
            seconds=made.seconds,
        )


class Wish(BaseModel):
    """How to examine."""

    fsck: bool = Field(default=True, description="Let git read every object: as long as repositories are big.")


class DoctorOut(BaseModel):
    """The last examination, and whether one is being made."""

    state: Literal["never", "pending", "running", "done", "failed"]
    progress: str | None = Field(description="How far it is.")
    error: str | None
    examined_at: datetime | None
    examination: ExaminationOut | None = Field(description="What the last one that ended has found.")

    @classmethod
    def of(cls, latest: JobRow | None, ended: JobRow | None) -> "DoctorOut":
        """Make it from the job that was promised last, and the last that ended well."""
        values: dict[str, Any] = {"state": "never", "progress": None, "error": None}
        if latest is not None:
            values = {"state": latest.state, "progress": latest.progress, "error": latest.error}
        found = ExaminationOut.model_validate(ended.result) if ended is not None else None
        return cls.model_validate(
            values | {"examined_at": ended and ended.finished_at, "examination": found and found.model_dump()}
        )
