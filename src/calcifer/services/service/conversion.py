"""Converts a workspace whose root is a repository: the application gets one of its own, with its history and its documentation.

Order is what makes it safe. Nothing changes before the backup has been read back; the rules are in the application before its
repository is; the root's `.git` goes last, after what git sees and what the tests say has been compared. Each step finds itself
done, so that a run that was killed is repeated as it was.
"""

import fcntl
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from calcifer.kit import backups
from calcifer.kit.errors import CalciferError, Conflict, NotFound, Unavailable
from calcifer.kit.git import conditions, durable, founding, relocation, remotes
from calcifer.kit.git.names import visible
from calcifer.kit.git.program import run
from calcifer.kit.git.repository import Person, Repository
from calcifer.kit.git.statuses import status
from calcifer.services.copying import remove_tree, write_file
from calcifer.services.layouts import journal, merging, testing
from calcifer.services.layouts.journal import GOING, Journal
from calcifer.services.layouts.planned import checked_remote, planned
from calcifer.services.layouts.ruling import FILES, IGNORE
from calcifer.services.layouts.wishes import DOCS, Wish
from calcifer.services.service.preparation import TESTS, Mark, Say, begin

_MOST = 8


@dataclass
class Report:
    """What was done."""

    path: str
    backup: str
    commits: int = 0
    tests: list[str] = field(default_factory=list)
    pushed: str | None = None
    push_failure: str | None = None
    """Why the remote does not have it."""
    repeat: str | None = None
    """The command that pushes, where that failed."""


class TestsWorse(Conflict):
    """The application's tests passed before, and do not after."""


class Unlike(Conflict):
    """What git sees in the application is not what it saw before."""


class RootMoved(Conflict):
    """The root's repository has got commits since the backup."""


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Let one process at a time convert a directory; the kernel ends that with the process."""
    if not root.is_dir():
        raise NotFound(f"There is no directory {root}.")
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(f"{root} is being converted by another process.", mend="Wait for its end.") from None
        yield
    finally:
        os.close(handle)


def convert(
    wish: Wish, person: Person, now: datetime, *, say: Say = lambda _: None, mark: Mark = lambda _: None
) -> Report:
    """Do all of it, or what an earlier run has not done. Raises, with the root's `.git` in place, what stops it."""
    with alone(wish.root):
        tidy(wish.root)
        found = journal.read(wish.root) or begin(planned(wish, now), now, say, mark)
        return _Conversion(wish, found, person, now, say, mark).run()


def tidy(root: Path) -> None:
    """Remove the empty directories that a run left which was killed with everything done."""
    if not (root / ".git").exists():
        for path in (journal.going(root), root / GOING):
            with suppress(OSError):  # not there, or not empty
                path.rmdir()


# -- the change ----------------------------------------------------------------------------------------------------------


class _Conversion:
    """One run over the steps that are left."""

    def __init__(self, wish: Wish, found: Journal, person: Person, now: datetime, say: Say, mark: Mark) -> None:
        self._root, self._wish, self._journal = wish.root, wish, found
        self._person, self._now, self._say, self._mark = person, now, say, mark
        self._app = wish.root / found.app
        self._work = journal.folder(wish.root)
        self._report = Report(str(self._app), found.backup)

    def run(self) -> Report:
        if (self._root / ".git").exists():
            self._check_wish()
            self._make()
            self._put_rules()
            self._move_docs()
            self._put_in_place()
            self._settle()
            self._test()
            self._publish()
            self._check_root()
            self._remove_root()
        self._sweep()
        self._report.commits = _count(self._app)
        return self._report

    def _check_wish(self) -> None:
        """What is half done stays what it was begun as; tests and remote may be said anew."""
        there = self._journal
        for said, begun in ((self._wish.app, there.app), (self._wish.docs, there.docs)):
            if said is not None and said.rstrip("/") != begun:
                raise Conflict(
                    f"A conversion of {there.app} is under way in {self._root}, and not of {visible(said)}.",
                    mend=f"Repeat it as it was begun, or: calcifer convert --restore {there.backup}",
                )
        verify = there.verify if self._wish.verify is None else self._wish.verify.strip() or None
        remote = there.remote if self._wish.remote is None else checked_remote(self._wish.remote)
        if (verify, remote) != (there.verify, there.remote):
            before = there.before if verify == there.verify else None
            self._keep(journal.with_wishes(there, verify, remote, before))

    def _keep(self, changed: Journal) -> None:
        journal.write(self._root, changed)
        self._journal = changed

    def _did(self, step: str) -> None:
        self._keep(journal.with_step(self._journal, step))
        self._mark(step)

    # .. the new repository ..

    def _make(self) -> None:
        """Make the new repository where nobody sees it."""
        made = self._work / "made"
        if made.exists() or (self._app / ".git").exists():
            return
        self._check_root()
        self._say(f"Taking the history of {self._journal.app} out")
        building = self._work / "building"
        if building.exists():
            remove_tree(building)
        loan = relocation.lend(self._root, self._journal.branch, building / "loan")
        parts = self._journal.places.parts
        written = relocation.write_all(loan, loan.trace(parts), building / "made", branch=self._journal.branch)
        if written.collisions:
            both = ", ".join(visible(os.fsdecode(path)) for path in written.collisions[:_MOST])
            self._say(
                f"In older commits both had {both}: those have the documentation's. The others are in the backup."
            )
        self._mark("written")
        self._commit_rules(building / "made")
        self._give_the_rest(building / "made")
        durable.flush_tree(building / "made")
        (building / "made").rename(made)
        durable.flush_names(self._work)
        self._mark("made")

    def _commit_rules(self, made: Path) -> None:
        files = {}
        for name in FILES:
            content = relocation.committed(self._root, f"{self._journal.app}/{name}")
            ruled = self._journal.rules.applied(name, content or b"")
            if ruled != (content or b""):
                files[name] = ruled
        if files:
            message = (
                "Take in the rules of the repository around\n\n"
                f"{' and '.join(files)} of the directory that this repository lay in until now.\n"
            )
            founding.commit_on_top(made, files, self._person, self._now, message)

    def _give_the_rest(self, made: Path) -> None:
        """Index, configuration, and the rules that are not committed."""
        rules, app = self._journal.rules, self._journal.app
        rewritten = {}
        for name in FILES:
            committed = relocation.committed(made, name)
            content = relocation.staged(self._root, f"{app}/{name}")
            if committed is not None:
                rewritten[name] = committed if content is None else rules.applied(name, content)
        relocation.give_configuration(self._root, made)
        relocation.give_index(self._root, made, self._journal.places.place, rewritten, self._journal.intended)
        lfs = self._root / ".git" / "lfs"
        if lfs.is_dir():
            backups.copy(lfs, made / ".git" / "lfs")
        info = made / ".git" / "info"
        for name, lines in (("exclude", rules.exclude), ("attributes", rules.info_attributes)):
            if lines:
                old = (info / name).read_bytes() if (info / name).exists() else b""
                write_file(info / name, old + lines)

    # .. its place ..

    def _put_rules(self) -> None:
        """Before the repository is there: no moment in which it would take what must not be committed."""
        if not (self._work / "made").exists():
            return
        for name in FILES:
            file = self._app / name
            content = file.read_bytes() if file.exists() else b""
            ruled = self._journal.rules.applied(name, content)
            if ruled != content:
                write_file(file, ruled)
            self._mark(f"{name} written")

    def _move_docs(self) -> None:
        if self._journal.docs and (self._work / "made").exists():
            merging.move(self._root / self._journal.docs, self._app / DOCS)
            durable.flush_names(self._root)
            self._mark("docs moved")

    def _put_in_place(self) -> None:
        made = self._work / "made"
        if not made.exists():
            return
        if (made / ".git").exists():
            (made / ".git").rename(self._app / ".git")
            durable.flush_names(self._app)
            self._mark("in place")
        remove_tree(made)

    def _settle(self) -> None:
        """Let git look, and compare what it sees with what it saw before."""
        if "settled" in self._journal.done:
            return
        relocation.refresh(self._app, self._journal.intended)
        unlike = self._unlike()
        if unlike:
            names = ", ".join(map(visible, unlike[:_MOST]))
            raise Unlike(
                f"git sees something else in {self._app} than before: {names}. The root's .git is still there.",
                mend=f"Compare git -C {self._app} status with the backup; or: calcifer convert --restore {self._journal.backup}",
            )
        self._did("settled")

    def _unlike(self) -> list[str]:
        there, edits = status(self._app), self._journal.edits
        ours = {name for name in FILES if (self._app / name).exists()}
        paths = (there.edits.keys() | edits.keys()) - ours
        found = {path for path in paths if there.edits.get(path) != edits.get(path)}
        # A rule file that git did not know is known now, and what a person had in it is an edit.
        found |= {name for name in ours if there.letters(name) != edits.get(name, "..")[:2].replace(".", " ")} - {
            name for name in ours if name not in edits and there.letters(name) == " M" and not self._was_known(name)
        }
        return sorted(found | ((there.untracked ^ set(self._journal.untracked)) - ours))

    def _was_known(self, name: str) -> bool:
        return relocation.staged(self._root, f"{self._journal.app}/{name}") is not None

    # .. proof, remote, end ..

    def _test(self) -> None:
        there = self._journal
        if not there.verify or "tested" in there.done:
            return
        before = there.before
        scratch = Path(there.backup) / TESTS
        if before is None:  # the command was said anew: the old side is in the backup
            copy = Path(there.backup) / self._root.name
            before = testing.run(copy, there.refs[f"refs/heads/{there.branch}"], there.app, there.verify, scratch)
        self._say(f"Running the tests in the new repository: {there.verify}")
        head = Repository(self._app).tip("HEAD") or ""
        after = testing.run(self._app, head, "", there.verify, scratch)
        self._report.tests = [testing.told(before, "before"), testing.told(after, "after")]
        self._say(self._report.tests[-1])
        if testing.is_worse(before, after):
            said = "\n".join(testing.last_lines(after))
            raise TestsWorse(
                f"{' '.join(self._report.tests)} The root's .git is still there.\n{said}",
                mend=f"Mend it in {self._app}, commit, and repeat; or: calcifer convert --restore {there.backup}",
            )
        self._did("tested")

    def _publish(self) -> None:
        """A remote that does not answer stops nothing else."""
        url = self._journal.remote
        if url is None or "pushed" in self._journal.done:
            return
        if run("config", "--get", "remote.origin.url", cwd=self._app, accept=(0, 1)).code:
            run("remote", "add", "origin", url, cwd=self._app)
        else:
            run("remote", "set-url", "origin", url, cwd=self._app)
        self._mark("remote")
        branch = self._journal.branch
        self._say(f"Pushing {branch} to {url}")
        try:
            remotes.push(self._app, branch)
        except CalciferError as error:
            self._report.push_failure = error.message
            self._report.repeat = f"git -C {shlex.quote(str(self._app))} push -u origin {shlex.quote(branch)}"
            return
        for key, value in (("remote", "origin"), ("merge", f"refs/heads/{branch}")):
            run("config", f"branch.{branch}.{key}", value, cwd=self._app)
        self._report.pushed = url
        self._did("pushed")

    def _check_root(self) -> None:
        now = conditions.refs(self._root)
        moved = sorted(
            ref for ref in now.keys() | self._journal.refs.keys() if now.get(ref) != self._journal.refs.get(ref)
        )
        if moved:
            raise RootMoved(
                f"The root's repository has changed since the backup: {', '.join(map(visible, moved[:_MOST]))}. "
                "It goes only when all of it is in the backup.",
                mend=f"Bring its new commits to {self._app} (git format-patch --relative={self._journal.app}, git am), set the "
                f"root's refs back, and repeat; or: calcifer convert --restore {self._journal.backup}",
            )

    def _remove_root(self) -> None:
        label = backups.read_label(Path(self._journal.backup))
        if label is None:
            raise Conflict(f"The backup {self._journal.backup} is not there any more: the root's .git stays.")
        ignore = self._root / IGNORE
        if label.record.get(IGNORE) == backups.stamp(ignore):
            ignore.unlink(missing_ok=True)
        self._mark("rules gone")
        (self._root / ".git").rename(self._root / GOING)
        durable.flush_names(self._root)
        self._mark("git going")

    def _sweep(self) -> None:
        going = self._root / GOING
        if not going.exists():
            return
        last = journal.going(self._root) / journal.NAME  # it says what this directory is
        for path in [*going.iterdir(), *last.parent.iterdir()]:
            if path not in (last, last.parent):
                _remove(path)
        self._mark("git nearly gone")
        last.unlink()
        self._mark("journal gone")
        tidy(self._root)
        durable.flush_names(self._root)
        self._mark("done")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        path.unlink()


def _count(app: Path) -> int:
    return int(run("rev-list", "--count", "HEAD", cwd=app).text)
