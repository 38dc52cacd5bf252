"""The only place that looks into and changes working trees.

Files enter and leave only through the git program, so that filters, attributes and ignore rules are honoured. A checkout follows
its branch by a two-tree `read-tree -m -u`, which refuses to overwrite anything edited, untracked or ignored; paths that already
have the new content are taken into the index first, so that they pass.
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.git import on_disk
from calcifer.kit.git.indexes import INDEXES
from calcifer.kit.git.names import is_reachable, visible
from calcifer.kit.git.program import Answer, filter_failed, held_lock, locked, run
from calcifer.kit.git.repository import HEADS, Change, Repository
from calcifer.kit.git.trees import Blob

ADD_SECONDS = 600
PATIENCE_SECONDS = 5
"""How long another git may hold an index."""


class CheckoutInTheWay(Conflict):
    """Following the branch would overwrite files of a checkout; nothing was changed."""


@dataclass(frozen=True)
class Checkout:
    """A working tree at `path`, on `branch` (None: detached); `is_main` for the repository's own, else a linked worktree."""

    path: Path
    git_dir: Path
    branch: str | None
    is_main: bool


@dataclass(frozen=True)
class Edit:
    """An uncommitted path of a checkout: `kind` is "changed", "new", "deleted" or "conflict"."""

    path: str
    kind: str

    @property
    def is_repository(self) -> bool:
        """Whether it is a repository of its own, that lies in the checkout and is no submodule of it."""
        return self.path.endswith("/")

    @property
    def name(self) -> str:
        """The path as people are shown it."""
        return visible(self.path)

    @property
    def is_reachable(self) -> bool:
        """Whether a form can name it."""
        return is_reachable(self.path)


def checkouts(repository: Repository) -> list[Checkout]:
    """Return the main checkout, if there is one, and every linked worktree whose directory exists."""
    found = []
    if not repository.is_bare:
        found.append(Checkout(repository.path, repository.git_dir, branch_of(repository.git_dir), is_main=True))
    with suppress(FileNotFoundError, NotADirectoryError):
        names = sorted(os.listdir(f"{repository.git_dir}/worktrees"))  # noqa: PTH208  (most often there is none)
        found += [checkout for name in names if (checkout := _linked(repository.git_dir / "worktrees" / name))]
    return found


def _linked(git_dir: Path) -> Checkout | None:
    try:
        path = Path(_line(git_dir / "gitdir")).parent
    except OSError:
        return None
    return Checkout(path, git_dir, branch_of(git_dir), is_main=False) if path.is_dir() else None


def _line(file: Path) -> str:
    return os.fsdecode(file.read_bytes()).removesuffix("\n")


def branch_of(git_dir: Path) -> str | None:
    """Return the branch that a HEAD names, or None where it is detached or cannot be read."""
    try:
        head = _line(git_dir / "HEAD")
    except OSError:
        return None
    return head.removeprefix("ref: " + HEADS) if head.startswith("ref: " + HEADS) else None


def on_branch(repository: Repository, branch: str) -> list[Checkout]:
    """Return the checkouts whose HEAD is `branch`."""
    return [checkout for checkout in checkouts(repository) if checkout.branch == branch]


def edits(checkout: Checkout) -> list[Edit]:
    """Return what is uncommitted in a checkout, staged or not, without ignored files; in git's order."""
    out = run(
        "--no-optional-locks",
        "status",
        "--porcelain=v2",
        "-z",
        "--untracked-files=all",
        "--no-renames",
        cwd=checkout.path,
    ).text
    found = []
    for line in out.split("\0"):
        kind, _, rest = line.partition(" ")
        if kind == "1":
            xy, path = rest[:2], rest.split(" ", 7)[7]
            found.append(Edit(path, "deleted" if "D" in xy else "new" if xy[0] == "A" else "changed"))
        elif kind == "u":
            found.append(Edit(rest.split(" ", 9)[9], "conflict"))
        elif kind == "?":
            found.append(Edit(rest, "new"))
    return found


def snapshot(checkout: Checkout, base: str, paths: Iterable[str] | None = None) -> str:
    """Return the tree of `base` with the edits of a checkout (all of them, or those of `paths`), through git's filters.

    The checkout's own index is left alone: a copy is used. Raises Conflict while a merge is unfinished there, or where a
    named path is ignored or does not exist.
    """
    edited = edits(checkout)
    if (checkout.git_dir / "MERGE_HEAD").exists() or any(edit.kind == "conflict" for edit in edited):
        raise _unfinished(checkout)
    names = None if paths is None else list(paths)
    repositories = [edit.path for edit in edited if edit.is_repository]
    with tempfile.TemporaryDirectory(prefix="calcifer-index-") as folder:
        index = Path(folder) / "index"
        if (checkout.git_dir / "index").exists():
            # With its times: by them git knows which entries may have changed within the same tick as the index.
            shutil.copy2(checkout.git_dir / "index", index)
        env = {"GIT_INDEX_FILE": str(index), "GIT_LITERAL_PATHSPECS": "1"}
        run("read-tree", *(["-m"] if index.exists() else []), base, cwd=checkout.path, env=env)
        if names is None:
            others = [f":(exclude,literal){path}" for path in repositories]
            _add(checkout, env | {"GIT_LITERAL_PATHSPECS": "0"}, [".", *others])
        else:
            _add(checkout, env, _without(repositories, names, checkout))
        return run("write-tree", cwd=checkout.path, env=env).text.strip()


def _without(repositories: list[str], names: list[str], checkout: Checkout) -> list[str]:
    """Return `names`; Conflict where one is a repository: git would take a link to a commit that nobody else has, and no files."""
    for name in repositories:
        if any(f"{path.rstrip('/')}/".startswith(name) for path in names):
            raise Conflict(
                f"'{name}' in {checkout.path} is a repository of its own, which cannot be committed.",
                mend="Make it a service of its own, a submodule (git submodule add), or ignore it.",
            )
    return names


def _add(checkout: Checkout, env: dict[str, str], names: list[str]) -> None:
    everywhere = ["--sparse"] if _is_sparse(checkout) else []
    listed = b"\0".join(os.fsencode(name) for name in names)
    options = ["--all", *everywhere, "--pathspec-from-file=-", "--pathspec-file-nul"]
    answer = run(
        "add", *options, cwd=checkout.path, env=env, stdin=listed, accept=(0, 1, 128), timeout_seconds=ADD_SECONDS
    )
    if unknown := re.search(r"pathspec '(.*)' did not match any files", answer.err, re.DOTALL):
        raise Invalid.field("paths", f"There is no '{visible(unknown[1])}' in {checkout.path}, and none was removed.")
    if answer.code:
        raise filter_failed(answer.err) or Conflict(f"These edits cannot be committed: {answer.err[-400:]}")


def _unfinished(checkout: Checkout) -> CheckoutInTheWay:
    return CheckoutInTheWay(
        f"A merge is unfinished in {checkout.path}: end it there first.",
        mend=f"git -C {checkout.path} merge --continue, or merge --abort",
    )


def require_ready(checkout: Checkout) -> None:
    """Raise where git could not let this checkout follow whatever comes: conflicts in its index, or another git that holds it.

    To be asked before refs move. A checkout that stays behind its branch shows a reversal of it, which the next commit there makes.
    """
    if unmerged(checkout):
        raise _unfinished(checkout)
    lock = checkout.git_dir / "index.lock"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while lock.exists():
        if time.monotonic() > deadline:
            raise locked(lock)
        time.sleep(0.05)


def unmerged(checkout: Checkout) -> list[str]:
    """Return the paths that a merge in this checkout has left in conflict."""
    return INDEXES.unmerged(checkout.git_dir / "index")


def obstacles(checkout: Checkout, changes: list[Change], *, is_begun: bool = False) -> tuple[list[str], list[str]]:
    """Return the paths that following `changes` would lose, and those that already have the new content but not in the index.

    Where following has begun before (`is_begun`), a file that is gone is one that git took away and could not write again.
    No process is started unless a file differs byte for byte from both versions, when filters may explain it.
    """
    if not changes or not checkout.path.is_dir():
        return [], []
    index = staged(checkout, [change.path for change in changes])
    going = {change.path for change in changes if change.new is None}
    keeps_modes = cache(lambda: _keeps_modes(checkout))
    left_out = cache(lambda: _left_out(checkout))
    lost, same, suspicious = [], [], []
    for change in changes:
        in_index = index.get(change.path)
        state = on_disk.state(checkout.path, change, going, keeps_modes)
        is_away = state == "gone" and not (is_begun and in_index == change.old) and change.path not in left_out()
        if in_index not in (change.old, change.new) or state == "blocked" or is_away:
            lost.append(change.path)
        elif state == "other":
            suspicious.append(change)
        elif state == "new" and in_index != change.new:
            same.append(change.path)
        elif state == "old" and in_index == change.new:
            lost.append(change.path)  # staged forward, file put back: a person is at work here
    if suspicious:
        for change, state in _filtered(checkout, suspicious):
            if state == "other":
                lost.append(change.path)
            elif state == "new":
                same.append(change.path)
    return sorted(lost), same


def staged(checkout: Checkout, paths: Iterable[str]) -> dict[str, Blob]:
    """Return what the index of a checkout has at these paths; a path that it does not have is left out."""
    return INDEXES.look(checkout.git_dir / "index", paths)


def _is_sparse(checkout: Checkout) -> bool:
    return (checkout.git_dir / "info" / "sparse-checkout").exists()


def _left_out(checkout: Checkout) -> set[str]:
    """Return the paths that a sparse checkout does not have on disk: git leaves these alone when it follows."""
    if not _is_sparse(checkout):
        return set()
    listed = run("ls-files", "-t", "-z", cwd=checkout.path).text.split("\0")
    return {line[2:] for line in listed if line.startswith("S ")}


def _keeps_modes(checkout: Checkout) -> bool:
    answer = run("config", "--type=bool", "--get", "core.fileMode", cwd=checkout.path, accept=(0, 1))
    return answer.text.strip() != "false"


def _filtered(checkout: Checkout, changes: list[Change]) -> list[tuple[Change, str]]:
    """Compare again as git would store the files: through clean filters and line-ending rules."""
    answers = []
    files = [c for c in changes if (checkout.path / c.path).is_file() and not (checkout.path / c.path).is_symlink()]
    plain = [c for c in files if "\n" not in c.path]
    names = b"".join(os.fsencode(c.path) + b"\n" for c in plain)
    out = run("hash-object", "--stdin-paths", cwd=checkout.path, stdin=names).text.split() if plain else []
    clean = dict(zip((c.path for c in plain), out, strict=True))
    for change in changes:
        oid = clean.get(change.path)
        is_new = oid and change.new and change.new.oid == oid
        is_old = oid and change.old and change.old.oid == oid
        answers.append((change, "new" if is_new else "old" if is_old else "other"))
    return answers


def follow(repository: Repository, checkout: Checkout, old_tree: str, new_tree: str) -> None:
    """Bring files and index of a checkout from `old_tree` to `new_tree`; raises CheckoutInTheWay and then has changed no file."""
    changes = repository.changes(old_tree, new_tree)
    lost, same = obstacles(checkout, changes, is_begun=True)
    if lost:
        raise in_the_way(checkout, lost)
    going = {change.path for change in changes if change.new is None}
    # First what goes: a link or a file cannot come into the index beside what lay in a folder of its name.
    for options, paths in (("--force-remove", going.intersection(same)), ("--add", set(same) - going)):
        if paths:
            names = b"".join(os.fsencode(path) + b"\0" for path in paths)
            _patiently("update-index", options, "-z", "--stdin", cwd=checkout.path, stdin=names)
    between = _already(repository, checkout, old_tree, changes)
    if between == new_tree:
        return
    answer = _patiently("read-tree", "-m", "-u", between, new_tree, cwd=checkout.path)
    if answer.code and not filter_failed(answer.err):
        _patiently("update-index", "-q", "--refresh", cwd=checkout.path)  # only the times on disk may differ
        answer = _patiently("read-tree", "-m", "-u", between, new_tree, cwd=checkout.path)
    if answer.code and (failed := filter_failed(answer.err)):
        raise failed
    if answer.code:
        raise CheckoutInTheWay(f"The checkout {checkout.path} is in the way: {answer.err[-400:]}")


def _already(repository: Repository, checkout: Checkout, old_tree: str, changes: list[Change]) -> str:
    """Return `old_tree` with those changes that the index of the checkout has already.

    git would take what is new there for untracked where a file or link stands in for a folder, and refuse.
    """
    index = staged(checkout, [change.path for change in changes])
    there = {change.path: change.new for change in changes if index.get(change.path) == change.new}
    going = {path: None for path, new in there.items() if new is None}
    coming = {path: new for path, new in there.items() if new is not None}
    without = repository.edit(old_tree, going) if going else old_tree
    return repository.edit(without, coming) if coming else without


def in_the_way(checkout: Checkout, lost: list[str]) -> CheckoutInTheWay:
    """Make the error that names the files in the way."""
    shown = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
    return CheckoutInTheWay(
        f"Edits in the checkout {checkout.path} would be overwritten: {shown}. Nothing was changed.",
        mend="Commit these edits (as an item of their own, say), move them away or undo them, then repeat.",
    )


def _patiently(*args: str, cwd: Path, stdin: bytes | None = None) -> Answer:
    """Run a command that needs the index, waiting for another git to let go of it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = run(*args, cwd=cwd, stdin=stdin, accept=(0, 1, 128))
        lock = held_lock(answer.err)
        if lock is None:
            return answer
        if time.monotonic() > deadline:
            raise locked(lock)
        time.sleep(0.05)
