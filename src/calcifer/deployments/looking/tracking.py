"""The only place that says how the files of stacks differ from git, and whether there are any; pure."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from calcifer.deployments.looking.problems import MOST_SHOWN, Problem, listed, some
from calcifer.deployments.looking.seen import Directory, Seen
from calcifer.deployments.looking.stacks import Stack, place_of


@dataclass(frozen=True)
class Compared:
    """A directory of the host beside main of the service that lies in it."""

    service: str
    commit: str
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    reason: str = ""
    """Why it was not compared."""


@dataclass
class Tracked:
    """What git on the host says of a directory."""

    state: str
    """clean, changed, none, foreign, unread, or empty where git was not asked."""
    branch: str = ""
    commit: str = ""
    ahead: int = 0
    behind: int = 0
    has_upstream: bool = False
    changed: list[str] = field(default_factory=list)


def tracked(place: Directory | None) -> Tracked:
    """Read `git status --porcelain=v2 --branch` (git-status(1), Porcelain Format Version 2)."""
    if place is None or place.git != "repository":
        return Tracked(place.git if place else "")
    made = Tracked("clean")
    for line in place.status:
        words = line.split(" ")
        if line.startswith("# branch.oid "):
            made.commit = words[2]
        elif line.startswith("# branch.head "):
            made.branch = words[2]
        elif line.startswith("# branch.ab ") and len(words) == 4:
            made.has_upstream = True
            made.ahead, made.behind = (
                int(word[1:]) if word[1:].isdecimal() and len(word) < 9 else 0 for word in words[2:]
            )
        elif line[:2] in {"1 ", "2 ", "u "}:  # 8, 9 or 10 words before the path
            before = {"1": 8, "2": 9, "u": 10}[line[0]]
            made.changed.append(line.split(" ", before)[-1])
    made.state = "changed" if made.changed else "clean"
    return made


def judge(
    stacks: list[Stack], seen: Seen, compared: dict[str, Compared], adopting: Callable[[str], str]
) -> Iterator[Problem]:
    """Yield what is wrong with the files of stacks; `adopting` makes the command that takes a directory into the catalog."""
    named = [stack for stack in stacks if stack.name]
    for stack in named:
        yield from _files(stack, seen)
        yield from _git(stack, tracked(place_of(stack, seen)), compared.get(stack.directory))
    yield from _untracked(named, seen, compared, adopting)


def _files(stack: Stack, seen: Seen) -> Iterator[Problem]:
    if len(stack.directories) > 1:
        yield _of(
            stack, "warn", "names",
            f"{stack.name} is the project name of {len(stack.directories)} directories: {listed(stack.directories)}. What "
            "is done in one changes the containers of the other, and '--remove-orphans' deletes them.",
            "Write another 'name:' into the compose file of one of them, and start it anew.",
        )  # fmt: skip
    gone = [path for path in stack.files if seen.files.get(path) in {"no", "unknown"}]
    if gone and not any(seen.files.get(path) in {"yes", "hidden"} for path in stack.files):
        yield _of(
            stack, "warn", "gone",
            f"{stack.name} runs, and its compose file is not on this host: {listed(gone)}. It was removed, or the stack was "
            "started from another machine; nobody can make it again from here.",
            "Bring the file back, or write it anew from what runs: docker inspect "
            + " ".join(shlex.quote(one.name) for one in stack.containers[:5]),
        )  # fmt: skip
    elif gone:
        yield _of(
            stack, "warn", "gone",
            f"Of the compose files of {stack.name} some are gone: {listed(gone)}. The next 'up' makes it something else.",
            f"Bring them back, or start it without: {stack.compose('up -d')}",
        )  # fmt: skip


def _git(stack: Stack, git: Tracked, beside: Compared | None) -> Iterator[Problem]:
    at = f"cd {shlex.quote(stack.directory)} && "
    if beside and beside.changed:
        gone = f"; not there: {listed(beside.missing)}" if beside.missing else ""
        yield _of(
            stack, "warn", "main",
            f"{stack.name} has {some(len(beside.changed), 'file', 'that is', 'that are')} not as on main of the service "
            f"{beside.service} ({beside.commit[:10]}): {listed(beside.changed)}{gone}.",
            "It was edited here, or main was not brought here yet: compare before either is overwritten.",
        )  # fmt: skip
    elif beside and beside.missing:
        yield _of(
            stack, "hint", "main",
            f"{stack.name} is without {some(len(beside.missing), 'file')} of main of the service {beside.service} "
            f"({beside.commit[:10]}): {listed(beside.missing)}.",
            "Main was not brought here yet, or they were removed here.",
        )  # fmt: skip
    elif git.state == "changed":
        yield _of(
            stack, "warn", "git", f"{stack.name} has edits that are in no commit: {listed(git.changed)}.",
            f"{at}git diff   (then commit them, or take them back)",
        )  # fmt: skip
    if git.behind:
        yield _of(
            stack, "warn", "git",
            f"{stack.name} is {some(git.behind, 'commit', 'behind', 'behind')} what was last fetched: it runs an older version.",
            f"{at}git log --oneline ..@{{upstream}}",
        )  # fmt: skip
    if git.ahead:
        yield _of(
            stack, "warn", "git",
            f"{stack.name} has {some(git.ahead, 'commit', 'that is', 'that are')} on this host alone.",
            f"{at}git push",
        )  # fmt: skip


def _untracked(
    stacks: list[Stack], seen: Seen, compared: dict[str, Compared], adopting: Callable[[str], str]
) -> Iterator[Problem]:
    unknown = [stack for stack in stacks if stack.directory not in compared]
    without = []
    for stack in unknown:
        place = place_of(stack, seen)
        is_left_out = place is not None and place.git == "repository" and set(stack.files) <= set(place.untracked)
        if place is not None and (place.git == "none" or (is_left_out and stack.files)):
            without.append(stack)
    if without:
        names = [stack.name for stack in without]
        has = "has its compose file" if len(names) == 1 else "have their compose files"
        yield Problem(
            "hint", "untracked",
            f"{len(names):,} stack{'' if len(names) == 1 else 's'} {has} in no git repository: what changed, when and why is lost.",
            adopting(without[0].directory),
            tuple(names[:MOST_SHOWN]), len(names), frozenset(names),
        )  # fmt: skip


def _of(stack: Stack, weight: str, kind: str, sentence: str, mend: str) -> Problem:
    return Problem(weight, kind, sentence, mend, (stack.name,), 1, frozenset({stack.name}))
