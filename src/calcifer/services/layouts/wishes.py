"""What a person wants converted, and where things lie before and after."""

from dataclasses import dataclass
from pathlib import Path

from calcifer.kit.git.history import Parts, parts
from calcifer.kit.git.rules import Places as RulePlaces

DOCS = "docs"


@dataclass(frozen=True)
class Wish:
    """What a person has said; None lets the plan decide."""

    root: Path
    app: str | None = None
    docs: str | None = None
    remote: str | None = None
    verify: str | None = None
    """A command that proves the application; "" for none, also where its descriptor has one."""
    backups: Path | None = None
    """The directory that the backup goes into; beside the root where none is said."""


@dataclass(frozen=True)
class Places:
    """The directories that make the new repository; `docs` is None where there is no documentation beside the application."""

    app: str
    docs: str | None

    @property
    def of_names(self) -> tuple[str, ...]:
        """Their names in the root."""
        return (self.app,) if self.docs is None else (self.app, self.docs)

    @property
    def parts(self) -> Parts:
        """Them, as history takes them."""
        return parts({self.app: "", **({self.docs: DOCS} if self.docs else {})})

    @property
    def of_rules(self) -> RulePlaces:
        """Them, as rules are rewritten for them."""
        return dict(self.parts)

    def place(self, path: str) -> str | None:
        """Return where a path of the root lies in the new repository; None for one that stays in the root."""
        if path.startswith(f"{self.app}/"):
            return path[len(self.app) + 1 :] or None
        if self.docs and path.startswith(f"{self.docs}/"):
            return f"{DOCS}/{path[len(self.docs) + 1 :]}"
        return None
