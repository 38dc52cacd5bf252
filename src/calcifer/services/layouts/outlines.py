"""The only place that says a plan of a conversion in words."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from calcifer.kit.git.names import visible
from calcifer.kit.legible import plural
from calcifer.services.layouts.planned import Plan
from calcifer.services.layouts.wishes import DOCS

LISTED = 8


@dataclass(frozen=True)
class Outline:
    """What a person, or a program, is told before anything is done."""

    path: str
    application: str
    documentation: str | None
    branch: str
    commits: int
    merges: int
    former: list[str]
    branches: list[str]
    tags: list[str]
    backup: str
    files: int
    size_bytes: int
    edited: list[str]
    untracked: list[str]
    ignored: list[str]
    """Uncommitted paths by where they will lie; ignored folders once."""
    ignore_rules: list[str]
    attribute_rules: list[str]
    local_rules: list[str]
    """What goes into `.git/info/exclude`."""
    verify: str | None
    remote: str | None
    stays: list[str]
    goes: list[str]
    notes: list[str]

    @classmethod
    def of(cls, plan: Plan) -> "Outline":
        """Say it."""
        there = plan.status.moved(plan.places.place)
        rules = plan.rules
        return cls(
            path=str(plan.root),
            application=plan.places.app,
            documentation=plan.places.docs,
            branch=plan.branch,
            commits=plan.past.commits,
            merges=plan.past.merges,
            former=list(plan.past.former),
            branches=list(plan.past.branches),
            tags=list(plan.past.tags),
            backup=str(plan.backup),
            files=plan.measure.files,
            size_bytes=plan.measure.size_bytes,
            edited=sorted(there.edits),
            untracked=sorted(there.untracked),
            ignored=sorted(there.ignored),
            ignore_rules=[os.fsdecode(line) for line in (*rules.ignore, *rules.extra)],
            attribute_rules=[os.fsdecode(line) for line in rules.attributes],
            local_rules=[os.fsdecode(line) for line in rules.exclude.splitlines()],
            verify=plan.verify,
            remote=plan.remote,
            stays=list(plan.stays),
            goes=[".git", ".gitignore"] if (plan.root / ".gitignore").exists() else [".git"],
            notes=list(plan.notes),
        )

    def lines(self) -> Iterator[str]:
        """Say it to a person."""
        app = f"{self.path}/{self.application}"
        yield f"{visible(app)} becomes a repository of its own, and {visible(self.path)} a plain directory around it."
        yield ""
        for name, said in self._facts():
            if said:
                yield f"{name:<14} {said}"
        if self.notes:
            yield ""
        for note in self.notes:
            yield f"- {note}"
        yield ""

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield (
            "Backup",
            f"{self.backup}: {self.files} files, {self.size_bytes / 1_000_000:.1f} MB, read back and compared first",
        )
        yield (
            "Application",
            f"{visible(self.application)}, with {plural(self.commits, 'commit')} ({plural(self.merges, 'merge')}) on {self.branch}",
        )
        yield "Formerly", listed(self.former)
        yield (
            "Docs",
            (
                f"{visible(self.documentation)}/ moves to {self.application}/{DOCS}, with its history"
                if self.documentation
                else "there are none beside the application"
            ),
        )
        yield "Branches", listed([self.branch, *self.branches])
        yield "Tags", listed(self.tags)
        yield "Ignore rules", listed([rule for rule in self.ignore_rules if not rule.startswith("#")], all_of_them=True)
        yield "Attributes", listed(self.attribute_rules, all_of_them=True)
        yield "Local rules", listed([rule for rule in self.local_rules if not rule.startswith("#")], all_of_them=True)
        yield "Edited", self._kept(self.edited)
        yield "Untracked", self._kept(self.untracked)
        yield "Ignored", self._kept(self.ignored)
        yield (
            "Tests",
            (
                f"{self.verify}   (run on what is committed, before and after)"
                if self.verify
                else "none: say them with --verify"
            ),
        )
        yield "Remote", f"{self.remote}, pushed to" if self.remote else "none: say it with --remote"
        yield "Goes", f"{' and '.join(self.goes)} of {visible(self.path)}, last of all"
        yield "Stays", listed(self.stays)

    def _kept(self, paths: list[str]) -> str:
        return f"{listed(_gathered(paths))}   (and stays so)" if paths else ""


def _gathered(paths: list[str]) -> list[str]:
    """Return many paths by their first directories, with how many there are."""
    if len(paths) <= LISTED:
        return paths
    tops = Counter(path.partition("/")[0] + "/" * ("/" in path) for path in paths)
    return [f"{top} ({count})" if count > 1 else top for top, count in tops.items()]


def listed(names: list[str], *, all_of_them: bool = False) -> str:
    """Return names for a line, the first of them where there are many."""
    most = len(names) if all_of_them else LISTED
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(visible, names[:most])) + more
