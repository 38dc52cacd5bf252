"""The only place that looks into and changes working trees.

Files enter and leave only through the git program, so that filters, attributes and ignore rules are honoured. A checkout follows
its branch by a two-tree `read-tree -m -u`, which refuses to overwrite anything edited, untracked or ignored; paths that already
have the new content are taken into the index first, so that they pass.
"""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pygit2

from calcifer.kit.errors import Conflict, Unavailable
from calcifer.kit.git.program import Answer, GitFailed, run
from calcifer.kit.git.repository import HEADS, Change, Repository
from calcifer.kit.git.trees import Blob

LINK_MODE = 0o120000
SUBMODULE_MODE = 0o160000


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


def checkouts(repository: Repository) -> list[Checkout]:
    """Return the main checkout, if there is one, and every linked worktree whose directory exists."""
    found = []
    if not repository.is_bare:
        found.append(Checkout(repository.path, repository.git_dir, _branch(repository.git_dir), is_main=True))
    worktrees = repository.git_dir / "worktrees"
    if worktrees.is_dir():
        found += [checkout for git_dir in sorted(worktrees.iterdir()) if (checkout := _linked(git_dir))]
    return found


def _linked(git_dir: Path) -> Checkout | None:
    try:
        path = Path((git_dir / "gitdir").read_text().strip()).parent
    except OSError:
        return None
    return Checkout(path, git_dir, _branch(git_dir), is_main=False) if path.is_dir() else None


def _branch(git_dir: Path) -> str | None:
    try:
        head = (git_dir / "HEAD").read_text().strip()
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
    if (checkout.git_dir / "MERGE_HEAD").exists() or any(edit.kind == "conflict" for edit in edits(checkout)):
        raise Conflict(
            f"A merge is unfinished in {checkout.path}: end it there first.",
            mend="git merge --continue or git merge --abort",
        )
    names = None if paths is None else list(paths)
    with tempfile.TemporaryDirectory(prefix="calcifer-index-") as folder:
        index = Path(folder) / "index"
        if (checkout.git_dir / "index").exists():
            # With its times: by them git knows which entries may have changed within the same tick as the index.
            shutil.copy2(checkout.git_dir / "index", index)
        env = {"GIT_INDEX_FILE": str(index), "GIT_LITERAL_PATHSPECS": "1"}
        run("read-tree", *(["-m"] if index.exists() else []), base, cwd=checkout.path, env=env)
        if names is None:
            run("add", "--all", "--", ".", cwd=checkout.path, env=env | {"GIT_LITERAL_PATHSPECS": "0"})
        else:
            listed = b"\0".join(os.fsencode(name) for name in names)
            run(
                "add",
                "--all",
                "--pathspec-from-file=-",
                "--pathspec-file-nul",
                cwd=checkout.path,
                env=env,
                stdin=listed,
            )
        return run("write-tree", cwd=checkout.path, env=env).text.strip()


def obstacles(checkout: Checkout, changes: list[Change]) -> tuple[list[str], list[str]]:
    """Return the paths that following `changes` would lose, and those that already have the new content but not in the index.

    No process is started unless a file differs byte for byte from both versions, when filters may explain it.
    """
    if not changes or not checkout.path.is_dir():
        return [], []
    index = staged(checkout, [change.path for change in changes])
    lost, same, suspicious = [], [], []
    for change in changes:
        in_index = index.get(change.path)
        state = _content(checkout.path, change)
        if in_index not in (change.old, change.new):
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
    return _INDEXES.look(checkout.git_dir / "index", paths)


class _Indexes:
    """The index files read last: reading one takes as long as all else that a page asks of git.

    Git never writes an index in place: it renames a new file over the old one, so inode, size and times tell them apart.
    """

    KEPT = 16

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Path, tuple[tuple[int, ...], pygit2.Index]] = {}

    def look(self, path: Path, paths: Iterable[str]) -> dict[str, Blob]:
        with self._lock:  # libgit2 sorts an index when it is first asked
            index = self._read(path)
            found = {}
            for name in paths:
                with suppress(KeyError):
                    entry = index[name]
                    found[name] = Blob(str(entry.id), entry.mode)
            return found

    def _read(self, path: Path) -> pygit2.Index:
        try:
            status = path.stat()
        except FileNotFoundError:
            return pygit2.Index()
        seen = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        known = self._known.pop(path, None)
        if known is None or known[0] != seen:
            known = (seen, pygit2.Index(str(path)))
        self._known[path] = known  # the one used last comes last
        if len(self._known) > self.KEPT:
            del self._known[next(iter(self._known))]
        return known[1]


_INDEXES = _Indexes()


def _content(root: Path, change: Change) -> str:
    """Say whether the file on disk is the "old" version, the "new" one, or "other"; modes other than a link's do not count."""
    path = root / change.path
    if _behind_a_file_or_link(root, change.path):
        return "old" if change.old is None else "other"
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return "new" if change.new is None else "old" if change.old is None else "other"
    if path.is_dir() and not path.is_symlink():
        modes = {blob.mode for blob in (change.old, change.new) if blob}
        if SUBMODULE_MODE in modes:
            return "old"
        return "old" if change.old is None and not any(path.iterdir()) else "other"
    oid = pygit2.hash(os.fsencode(path.readlink())) if path.is_symlink() else pygit2.hashfile(os.fspath(path))
    is_link = (status.st_mode & 0o170000) == LINK_MODE
    for state, blob in (("new", change.new), ("old", change.old)):
        if blob and blob.oid == str(oid) and (blob.mode == LINK_MODE) == is_link:
            return state
    return "other"


def _behind_a_file_or_link(root: Path, path: str) -> bool:
    here = root
    for part in path.split("/")[:-1]:
        here /= part
        if here.is_symlink() or here.is_file():
            return True
    return False


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


def follow(checkout: Checkout, old_tree: str, new_tree: str, changes: list[Change]) -> None:
    """Bring files and index of a checkout from `old_tree` to `new_tree`; raises CheckoutInTheWay and then has changed no file."""
    lost, same = obstacles(checkout, changes)
    if lost:
        raise in_the_way(checkout, lost)
    if same:
        names = b"".join(os.fsencode(path) + b"\0" for path in same)
        _patiently("update-index", "--add", "--remove", "-z", "--stdin", cwd=checkout.path, stdin=names)
    answer = _patiently("read-tree", "-m", "-u", old_tree, new_tree, cwd=checkout.path)
    if answer.code:
        _patiently("update-index", "-q", "--refresh", cwd=checkout.path)  # only the times on disk may differ
        answer = _patiently("read-tree", "-m", "-u", old_tree, new_tree, cwd=checkout.path)
    if answer.code:
        raise CheckoutInTheWay(f"The checkout {checkout.path} is in the way: {answer.err[-400:]}")


def in_the_way(checkout: Checkout, lost: list[str]) -> CheckoutInTheWay:
    """Make the error that names the files in the way."""
    shown = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
    return CheckoutInTheWay(
        f"Edits in the checkout {checkout.path} would be overwritten: {shown}. Nothing was changed.",
        mend="Commit these edits (as an item of their own, say), move them away or undo them, then repeat.",
    )


def _patiently(*args: str, cwd: Path, stdin: bytes | None = None) -> Answer:
    """Run a command that needs the index, waiting up to 5 seconds for another git to let go of it."""
    deadline = time.monotonic() + 5
    while True:
        answer = run(*args, cwd=cwd, stdin=stdin, accept=(0, 1, 128))
        if "index.lock" not in answer.err:
            return answer
        if time.monotonic() > deadline:
            raise Unavailable(
                f"Another git command holds {cwd}, or a killed one left its lock: {answer.err.splitlines()[0]}"
            )
        time.sleep(0.05)


def add_worktree(repository: Repository, path: Path, branch: str) -> Checkout:
    """Make a linked worktree at `path` on an existing branch."""
    path.parent.mkdir(parents=True, exist_ok=True)
    run("worktree", "prune", cwd=repository.path)
    run("worktree", "add", "--", str(path), branch, cwd=repository.path, timeout_seconds=600)
    made = next((c for c in checkouts(repository) if c.path.resolve() == path.resolve()), None)
    if made is None:
        raise GitFailed(f"git made no worktree at {path}.")
    return made


def add_scratch(repository: Path, path: Path, commit: str) -> None:
    """Make a linked worktree at `path` that has the files of `commit` and no branch."""
    path.parent.mkdir(parents=True, exist_ok=True)
    run("worktree", "add", "--detach", "--", str(path), commit, cwd=repository, timeout_seconds=600)


def remove_scratch(repository: Path, path: Path) -> None:
    """Remove such a worktree with everything in it, whether it was made or not."""
    run(
        "worktree",
        "remove",
        "--force",
        "--force",
        "--",
        str(path),
        cwd=repository,
        accept=(0, 128),
        timeout_seconds=600,
    )
    shutil.rmtree(path, ignore_errors=True)
    run("worktree", "prune", cwd=repository)


def remove_worktree(repository: Path, path: Path, keep: Path) -> None:
    """Remove a linked worktree; one with edits or ignored files is moved to `keep` first, so that nothing in it is lost."""
    if path.exists():
        out = run("--no-optional-locks", "status", "--porcelain", "--ignored", "-z", cwd=path).out
        if out:
            keep.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, keep)
        else:
            run("worktree", "remove", "--", str(path), cwd=repository)
    run("worktree", "prune", cwd=repository)
