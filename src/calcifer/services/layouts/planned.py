"""The only place that plans a conversion: what will be done, what stays, and why it cannot be. Nothing is touched.

What may happen at the end of the conversion is asked here, before its beginning: a refusal costs nothing.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from calcifer.kit import backups
from calcifer.kit.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from calcifer.kit.git import founding, relocation
from calcifer.kit.git.conditions import Condition, condition
from calcifer.kit.git.history import Source
from calcifer.kit.git.names import checked_url, redacted, visible
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.statuses import Status, status
from calcifer.services import descriptors
from calcifer.services.layouts import merging
from calcifer.services.layouts.ruling import ATTRIBUTES, FILES, IGNORE, Rules, ruled
from calcifer.services.layouts.wishes import DOCS, Places, Wish
from calcifer.services.mains import main_branch

LISTED = 8  # names in a sentence
_SPARE = 1.05
_BLOCK_BYTES = 4096


class NothingToConvert(Conflict):
    """The root is no repository, or not any more."""


@dataclass(frozen=True)
class Past:
    """What of the root's history comes along."""

    commits: int
    merges: int
    signed: int
    former: tuple[str, ...]
    """Where the parts lay before they were renamed."""
    tags: tuple[str, ...]
    branches: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What will be done."""

    root: Path
    places: Places
    branch: str
    backup: Path
    past: Past
    rules: Rules
    condition: Condition
    status: Status
    """Of the root; `status.moved(places.place)` is what the application has to show afterwards."""
    measure: backups.Measure
    verify: str | None
    remote: str | None
    stays: tuple[str, ...]
    """Entries of the root that stay where they are."""
    notes: tuple[str, ...]


def planned(wish: Wish, now: datetime) -> Plan:
    """Look at the root and say what will be done; raises a sentence where it cannot be."""
    root = wish.root
    _check_root(root)
    there = condition(root)
    _check_condition(root, there)
    branch = _branch(root, there)
    with Source(root) as source:
        tracked = {os.fsdecode(name): is_folder for name, is_folder in (source.folder(there.head or "") or {}).items()}
    places = Places(_app(wish, tracked), _docs(wish, tracked))
    _check_places(root, places, tracked)
    lying = status(root)
    if lying.unmerged:
        raise Conflict(f"{root} has files with conflicts: {_listed(lying.unmerged)}.", mend="Solve and commit them.")
    measure = backups.measure(root)
    backup = _backup(wish, now, measure)
    found = Plan(
        root=root,
        places=places,
        branch=branch,
        backup=backup,
        past=_past(root, places, branch),
        rules=ruled(root, places, lying),
        condition=there,
        status=lying,
        measure=measure,
        verify=_verify(wish, root, places),
        remote=checked_remote(wish.remote),
        stays=tuple(
            sorted(path.name for path in root.iterdir() if path.name not in (".git", IGNORE, *places.of_names))
        ),
        notes=(),
    )
    return _noted(found, tracked)


# -- the root ------------------------------------------------------------------------------------------------------------


def _check_root(root: Path) -> None:
    git = root / ".git"
    if not root.is_dir():
        raise NotFound(f"There is no directory {root}.")
    if not os.path.lexists(git):
        raise NothingToConvert(f"{root} is no git repository: there is nothing to convert.")
    if git.is_symlink() or not git.is_dir():
        raise Conflict(
            f"{root} is a linked worktree or a submodule: its repository lies elsewhere.",
            mend="Convert the directory that has the repository, or make a clone and convert that.",
        )
    if root.is_symlink():
        raise Invalid(f"{root} is a link: name the directory that it leads to, {root.resolve()}.")
    if not founding.may_work_in(root):
        raise Forbidden(f"{root} belongs to another user.", mend=f"Run this as the user who owns {root}.")
    unwritable = next((path for path in (root, git) if not os.access(path, os.W_OK | os.X_OK)), None)
    if unwritable:
        raise Forbidden(
            f"You may not write in {unwritable}.", mend="Run this as the user that the directory belongs to."
        )


def _check_condition(root: Path, there: Condition) -> None:
    if there.head is None:
        raise Conflict(
            f"{root} has no commit: there is no history to keep.", mend=f"mv {root / '.git'} away, then: calcifer init"
        )
    refused = next(_refused(root, there), None)
    if refused:
        raise Conflict(refused[0], mend=refused[1])


def _refused(root: Path, there: Condition) -> Iterator[tuple[str, str]]:
    if there.locks:
        yield (
            f"Another git command is at work in {root}, or was killed there ({', '.join(there.locks)}).",
            (f"Where no git runs there: rm {root / '.git' / there.locks[0]}"),
        )
    if there.under_way:
        yield f"{there.under_way[0].capitalize()} is under way in {root}.", "Finish or abort it: git status says how."
    if there.worktrees:
        yield (
            f"Linked worktrees depend on this repository: {_listed(there.worktrees)}.",
            f"Commit what is in them, then: git -C {root} worktree remove {there.worktrees[0]}",
        )
    if there.submodules:
        yield (
            f"Submodules depend on this repository: {_listed(there.submodules)}.",
            "Their repositories lie in its .git. Make a clone of each in its place, or remove them, and commit that.",
        )
    if there.is_sparse:
        yield "The checkout is sparse: a part of the files is not there.", f"git -C {root} sparse-checkout disable"
    if there.is_partial:
        yield "The repository is a partial clone: a part of its history is not there.", f"git -C {root} fetch --refetch"


def _branch(root: Path, there: Condition) -> str:
    main = main_branch(Repository(root))
    if there.branch != main:
        what = f"The branch {visible(there.branch)} is" if there.branch else "A commit without a branch is"
        raise Conflict(
            f"{what} checked out in {root}, and not {main}, whose history is taken along.",
            mend=f"git -C {root} switch {main}",
        )
    return main


# -- what lies in it -----------------------------------------------------------------------------------------------------


def _app(wish: Wish, tracked: dict[str, bool]) -> str:
    docs = wish.docs or DOCS
    folders = [name for name, is_folder in tracked.items() if is_folder and name != docs and not name.startswith(".")]
    if wish.app is not None:
        name = wish.app.rstrip("/")
        if name not in folders:
            raise NotFound(f"{visible(name)} is no directory that {wish.root} has committed at its top.")
        return name
    if not folders:
        raise NotFound(f"{wish.root} has no directory with commits that could be the application.")
    usual = next((name for name in ("calcifer-app", f"{wish.root.name}-app") if name in folders), None)
    if usual is None and len(folders) > 1:
        raise Invalid(
            f"Which directory is the application? {_listed(folders)} have commits.", mend="Say it: --app NAME"
        )
    return usual or folders[0]


def _docs(wish: Wish, tracked: dict[str, bool]) -> str | None:
    name = (wish.docs or DOCS).rstrip("/")
    path = wish.root / name
    if "/" in name or name in ("", ".", "..", ".git"):
        raise Invalid(f"{visible(name)} is no directory at the top of {wish.root}.")
    if path.is_symlink():
        raise Conflict(
            f"{path} is a link, and only a directory can move.", mend="Replace it by the directory, or remove it."
        )
    if path.is_dir():
        return name
    if wish.docs or name in tracked:
        raise NotFound(f"There is no directory {path}.")
    return None


def _check_places(root: Path, places: Places, tracked: dict[str, bool]) -> None:
    app = root / places.app
    if places.app == places.docs:
        raise Invalid("The application and its documentation cannot be the same directory.")
    for name in places.of_names:
        path = root / name
        if not path.is_dir() or path.is_symlink():
            raise Conflict(
                f"{path} is committed as a directory, and there is none now.", mend=f"git -C {root} restore {name}"
            )
        if path.stat().st_dev != root.stat().st_dev:
            raise Conflict(f"{path} is on another file system than {root}: it cannot be moved in one step.")
        if not os.access(path, os.W_OK | os.X_OK):
            raise Forbidden(f"You may not write in {path}.")
        if os.path.lexists(path / ".git"):
            raise Conflict(
                f"{path} is a repository of its own already.",
                mend=f"calcifer adopt {path}, after {root / '.git'} has been moved away with a backup.",
            )
    for name in FILES:
        if (app / name).is_symlink():
            raise Conflict(f"{app / name} is a link: git does not follow it.", mend="Replace it by the file.")
        inside = f"{places.app}/{name}"
        is_staged = relocation.staged(root, inside) is not None
        is_committed = relocation.committed(root, inside) is not None
        if is_staged != is_committed or (is_staged and not (app / name).exists()):
            raise Conflict(f"{app / name} has come or gone, and that is not committed.", mend="Commit it, or undo it.")
    if places.docs and places.docs in tracked and not tracked[places.docs]:
        raise Conflict(f"{root / places.docs} is a directory, and a file in what is committed.", mend="Commit that.")
    if places.docs:
        merging.check(root / places.docs, app / DOCS)


def _past(root: Path, places: Places, branch: str) -> Past:
    with tempfile.TemporaryDirectory(prefix="calcifer-") as scratch:
        loan = relocation.lend(root, branch, Path(scratch) / "loan")
        trace = loan.trace(places.parts)
        signed = relocation.signed(loan, trace)
    return Past(
        signed=signed,
        commits=sum(one.is_on_main for one in trace.kept),
        merges=trace.merges,
        former=tuple(map(os.fsdecode, trace.former)),
        tags=tuple(relocation.tags_in(trace)),
        branches=tuple(relocation.branches_in(trace)),
    )


def _verify(wish: Wish, root: Path, places: Places) -> str | None:
    if wish.verify is not None:
        return wish.verify.strip() or None
    content = relocation.committed(root, f"{places.app}/{descriptors.PATH}")
    seen = descriptors.parsed(content) if content is not None else None
    return seen.descriptor.verify if seen and seen.descriptor else None


def checked_remote(url: str | None) -> str | None:
    """Return an address that may stand in a repository's configuration, where everybody reads it; else Invalid."""
    if url is None:
        return None
    checked_url(url, "remote")
    if redacted(url) != url:
        raise Invalid.field(
            "remote",
            f"This address may hold a secret, which would lie in .git/config: say it without ({redacted(url)}), and give "
            "git a key or a credential helper for it.",
        )
    return url


# -- the backup ----------------------------------------------------------------------------------------------------------


def _backup(wish: Wish, now: datetime, measure: backups.Measure) -> Path:
    root, where = wish.root, wish.backups or wish.root.parent
    if not where.is_dir() or where == root or root in where.resolve().parents or where.resolve() == root.resolve():
        raise Invalid(f"{where} is no directory outside of {root}: a backup lies beside it.")
    if not os.access(where, os.W_OK | os.X_OK):
        raise Forbidden(
            f"You may not write in {where}, where the backup goes.", mend="Say another place: --backup-in DIRECTORY"
        )
    if measure.unreadable:
        raise Forbidden(
            f"You may not read all of {root}, so that no backup would be whole: {_listed(measure.unreadable)}.",
            mend="Move these away, or run this as a user who may.",
        )
    git_bytes = backups.measure(root / ".git").size_bytes
    of_copy = int(_SPARE * (measure.size_bytes + measure.files * _BLOCK_BYTES))
    for path, needed in _needed(root, where, of_copy, int(_SPARE * 2 * git_bytes)).items():
        free = shutil.disk_usage(path).free
        if free < needed:
            raise Unavailable(
                f"{_size(needed)} are needed where {path} is, and {_size(free)} are free.",
                mend="Make room, or say another place: --backup-in DIRECTORY",
            )
    return where / f"{root.name}-backup-{now:%Y-%m-%d-%H%M%S}"


def _needed(root: Path, where: Path, of_copy: int, of_history: int) -> dict[Path, int]:
    if root.stat().st_dev == where.stat().st_dev:
        return {where: of_copy + of_history}
    return {where: of_copy, root: of_history}


# -- what has to be said -------------------------------------------------------------------------------------------------


def _noted(plan: Plan, tracked: dict[str, bool]) -> Plan:
    notes = [*_notes_of_refs(plan), *_notes_of_files(plan, tracked)]
    return replace(plan, notes=tuple(notes))


def _notes_of_refs(plan: Plan) -> Iterator[str]:
    there, past = plan.condition, plan.past
    left = sorted(there.branches.keys() - {plan.branch, *past.branches})
    if left:
        yield f"Branches that have nothing of it stay in the backup: {_listed(left)}."
    tags = sorted(there.tags.keys() - set(past.tags))
    if tags:
        yield f"Tags from before it stay in the backup: {_listed(tags)}."
    if there.stashes:
        yield (
            f"{there.stashes} stashed edits cannot come along and stay in the backup: to keep them in reach, apply and commit "
            "them first."
        )
    for name, address in there.remotes.items():
        yield f"The remote {visible(name)} ({visible(address)}) is not taken over: its commits have other ids."
    if there.others:
        yield f"Other refs stay in the backup: {_listed(there.others)}."
    if there.hooks:
        yield f"Hooks stay in the backup: {_listed(there.hooks)}."
    if past.signed:
        yield f"{past.signed} commits are signed: the new ones have other ids and no signatures."
    if there.has_lfs:
        yield "What git LFS keeps comes along with all of the repository's versions."
    if there.is_shallow:
        yield "The repository is shallow: the history begins where it was cut off."


def _notes_of_files(plan: Plan, tracked: dict[str, bool]) -> Iterator[str]:
    loose = sorted(name + "/" * is_folder for name, is_folder in tracked.items() if name in plan.stays)
    if loose:
        yield f"In no repository any more, but where they are: {_listed(loose)}. Their history is in the backup."
    outside = sorted(
        path for path in plan.status.edits if plan.places.place(path) is None and path not in (IGNORE, ATTRIBUTES)
    )
    if outside:
        yield f"Edits outside of the application stay as they lie there: {_listed(outside)}."
    if plan.measure.special:
        yield f"Sockets, pipes and devices are no part of the backup: {_listed(plan.measure.special)}."
    if plan.measure.foreign and os.geteuid():
        yield (
            f"{plan.measure.foreign} files belong to other users: they stay what they are, but the backup's copies are yours. "
            "Run as root, it keeps their owners."
        )


def _listed(names: Iterable[str]) -> str:
    found = sorted(map(visible, names))
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    return ", ".join(found[:LISTED]) + more


def _size(size: int) -> str:
    return f"{size / 1_000_000_000:.1f} GB" if size >= 1_000_000_000 else f"{size / 1_000_000:.1f} MB"
