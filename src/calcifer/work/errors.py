"""The errors of work; each is named by the sentence that is true."""

from shlex import quote

from calcifer.kit.errors import Conflict
from calcifer.work.rules import Verdict

SHOWN = 5


class AlreadyComplete(Conflict):
    """A completed item is history: nothing about it changes."""

    def __init__(self, number: int) -> None:
        """Name the item and the way on."""
        super().__init__(
            f"#{number} is completed, and a completed item does not change.", mend=f"calcifer work revert {number}"
        )


class Dropped(Conflict):
    """A dropped item has to be reopened before it changes."""

    def __init__(self, number: int) -> None:
        """Name the item and the way on."""
        super().__init__(f"#{number} is dropped: reopen it first.", mend=f"calcifer work reopen {number}")


class BranchGone(Conflict):
    """The item's branch was deleted behind Calcifer's back."""


class Merging(Conflict):
    """Both sides changed the same lines; `paths` names the files."""

    def __init__(self, number: int, paths: tuple[str, ...]) -> None:
        """Name the files."""
        super().__init__(
            f"#{number} and main changed the same lines of {', '.join(paths)}. Nothing was changed.",
            mend="Say how each file should read: on the item's page under Bring up to date, or "
            + " ".join(
                [f"calcifer work update {number}", *(f"--file {quote(path)}=LOCALFILE" for path in paths[:SHOWN])]
            ),
        )
        self.paths = paths


class GateClosed(Conflict):
    """At least one rule does not let the item complete; `verdicts` are all of them."""

    def __init__(self, number: int, verdicts: list[Verdict]) -> None:
        """Say the sentence of each closed rule."""
        closed = [verdict for verdict in verdicts if not verdict.lets_through]
        super().__init__(
            f"#{number} cannot be completed yet. " + " ".join(_said(verdict) for verdict in closed),
            mend="; ".join(verdict.mend for verdict in closed if verdict.mend) or None,
        )
        self.number = number
        self.verdicts = verdicts


def _said(verdict: Verdict) -> str:
    """Return the sentence with the first findings, so that whoever reads it on a terminal knows where to look."""
    shown = "; ".join(found for found in verdict.evidence[:3] if found not in verdict.sentence)
    return f"{verdict.sentence.rstrip('.')}: {shown}." if shown else verdict.sentence
