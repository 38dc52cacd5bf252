"""The rules of completion: one file each, registered by name; policies choose among them.

A rule judges a `Case`: the item and the merge of this head with the current main. It answers with a `Verdict`: a sentence, the way
to mend it, evidence. It reads and never writes; what is slow (`verify`) is a job whose result the case carries. A rule that has
no verdict yet is `pending`, and that is not a pass.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from calcifer.kit.git.merges import Merge
from calcifer.kit.git.repository import Change, Repository
from calcifer.kit.git.trees import Blob
from calcifer.services.folders import owned, owner, relative

State = Literal["pass", "fail", "waived", "pending"]


@dataclass(frozen=True)
class Verdict:
    """What a rule says: a whole sentence; where it does not pass, how to mend it; what it saw (paths, lines, texts)."""

    rule: str
    state: State
    sentence: str
    mend: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def lets_through(self) -> bool:
        """Whether completion may go on as far as this rule is concerned."""
        return self.state in ("pass", "waived")


@dataclass(frozen=True)
class Checked:
    """A checklist line as rules see it."""

    text: str
    done: bool


@dataclass(frozen=True)
class Case:
    """What rules judge. Paths are relative to the repository; `head` and `main` are commits."""

    number: int
    branch: str
    title: str
    reason: str
    notes: str
    docs_reason: str
    is_express: bool
    checklist: tuple[Checked, ...]
    repository: Repository = field(repr=False)
    main: str
    head: str
    verify: str | None = None
    """The service's verify command as of the merge result."""
    verify_required: bool = False
    verification: Callable[[str, str], Verdict] | None = field(default=None, repr=False)
    """(tree, command) to the verdict of its run, for the rule `verify`."""
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Where main's descriptor says that the service runs, each with the directories that it names there."""
    approved: Callable[[str, str], str | None] | None = field(default=None, repr=False)
    """(host, digest of a reach) to who has approved that, for the rule `host_reach`."""
    obstacles: tuple[str, ...] = ()
    """Paths in checkouts that completion would overwrite, each with its checkout."""
    folder: str = ""
    """Where in the repository the service is; empty for all of it, or what is left of it."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """The services of the repository, this one included, by folder; empty where there is no other."""

    @cached_property
    def merge(self) -> Merge:
        """The merge of head into main: a tree or conflicts."""
        return self.repository.merge(self.main, self.head)

    @cached_property
    def tree(self) -> str:
        """The merge result, or the head's own tree where it conflicts (so that the other rules still have something to say)."""
        return self.merge.tree or self.repository.tree_of(self.head)

    @cached_property
    def base(self) -> str | None:
        """What `changes` start from: main; where head does not merge, the commit that it left main at."""
        return self.main if self.merge.tree else self.repository.merge_base(self.main, self.head)

    @cached_property
    def changes(self) -> list[Change]:
        """What completion would change on main, before CHANGES and record."""
        return self.repository.changes(self.base, self.tree)

    @cached_property
    def own_changes(self) -> list[Change]:
        """Those of the service's own files, by their paths in it."""
        if not self.folders:
            return self.changes
        mine = set(owned((change.path for change in self.changes), self.folder, self.folders))
        return [replace(c, path=relative(self.folder, c.path)) for c in self.changes if c.path in mine]

    def own_paths(self) -> Iterator[tuple[str, Blob]]:
        """Yield the files of the service in the merge result, by their paths in it."""
        for path, blob in self.repository.paths(self.tree, self.folder):
            if not self.folders or owner(path, self.folders) == self.folder:
                yield relative(self.folder, path), blob

    def after(self, path: str) -> bytes | None:
        """Read a file of the merge result."""
        return self.repository.read(self.tree, path)

    def before(self, path: str) -> bytes | None:
        """Read a file of main as it is (of `base`, to be exact)."""
        return self.repository.read(self.base, path) if self.base else None

    @property
    def fragment(self) -> str:
        """The path of the change entry on the branch."""
        return posixpath.join(self.folder, f"changes.d/{self.number}.md")


Judge = Callable[[Case], Verdict]


@dataclass(frozen=True)
class Rule:
    """A registered rule. One that is `live` looks at more than the case's commits and the item's own texts, and is never cached."""

    name: str
    title: str
    judge: Judge
    live: bool = False
    applies: Callable[[Case], bool] = lambda _: True
    """Whether there is anything to ask."""


RULES: dict[str, Rule] = {}


def rule(
    name: str, title: str, *, live: bool = False, applies: Callable[[Case], bool] = lambda _: True
) -> Callable[[Judge], Judge]:
    """Register the decorated function as the rule `name`; a name is taken once."""

    def register(judge: Judge) -> Judge:
        if name in RULES:
            message = f"There are two rules called {name}."
            raise ValueError(message)
        RULES[name] = Rule(name, title, judge, live, applies)
        return judge

    return register
