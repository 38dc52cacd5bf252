"""What is found, and the paths that have to be looked at in the repository afterwards."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fact:
    """One thing that reaches the host: who asks, for what, and what that means."""

    subject: str
    """The service of the compose files, or "the project"."""
    what: str
    why: str

    def __str__(self) -> str:
        """Say it as a line."""
        return f"{self.subject} {self.what} ({self.why})"


@dataclass(frozen=True, order=True)
class Named:
    """A path of the repository that a container gets from its host; there it may be a link that leads elsewhere."""

    subject: str
    path: str
