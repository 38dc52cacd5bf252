"""A conversion that is killed, or whose surroundings change, loses nothing; the next one ends the same."""

import os
import shutil
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calcifer.kit.errors import Conflict, Unavailable
from calcifer.kit.uow import Actor
from calcifer.services.layouts.planned import NothingToConvert
from calcifer.services.layouts.wishes import Wish
from calcifer.services.service import conversion, restoration
from tests.conftest import Git
from tests.services.layouts import (
    BACKUP,
    NOW,
    Convert,
    is_converted,
    state,
    write,
)

# -- killed ---------------------------------------------------------------------------------------------------------------


STEPS = [
    "backup begun",
    "tested before",
    "copied",
    "compared",
    "backed up",
    "begun",
    "written",
    "made",
    ".gitignore written",
    ".gitattributes written",
    "docs moved",
    "in place",
    "settled",
    "tested",
    "rules gone",
    "git going",
    "git nearly gone",
    "journal gone",
]


def killed(root: Path, actor: Actor, *, step: str | None = None, after: float | None = None) -> bool:
    """Convert in a process that is killed at a step, or after a while; say whether it was."""

    def mark(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        code = 1
        try:
            conversion.convert(Wish(root, verify="sh run.sh"), actor.person, NOW, mark=mark)
            code = 0
        finally:
            os._exit(code)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def finish(root: Path, actor: Actor) -> None:
    """Run it until it is done; where only the last directory was left over, there is nothing more to convert."""
    with suppress(NothingToConvert):
        conversion.convert(Wish(root, verify="sh run.sh"), actor.person, datetime.now(UTC))


def test_steps_are_these(root: Path, actor: Actor) -> None:
    found: list[str] = []
    conversion.convert(Wish(root, verify="sh run.sh"), actor.person, NOW, mark=found.append)
    assert found == [*STEPS, "done"]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_the_end_is_the_same(root: Path, actor: Actor, git: Git, step: str) -> None:
    before = state(root)
    assert killed(root, actor, step=step)
    finish(root, actor)
    (kept,) = (path for path in root.parent.iterdir() if path != root)
    assert kept.suffix != ".part"
    is_converted(root, kept / "calcifer", before)


def test_killed_at_random_moments_the_end_is_the_same(root: Path, actor: Actor, git: Git) -> None:
    before = state(root)
    delay = 0.05
    while killed(root, actor, after=delay):
        delay *= 1.15
    finish(root, actor)
    kept = next(path for path in root.parent.glob("calcifer-backup-*") if state(path / "calcifer") == before)
    is_converted(root, kept / "calcifer", before)


@pytest.mark.parametrize("step", ["copied", "aside"])
def test_restore_killed_at_a_step_is_done_by_the_next(convert: Convert, root: Path, step: str) -> None:
    before = state(root)
    backup = Path(convert().backup)

    def mark(name: str) -> None:
        if name == step:
            os._exit(0)

    child = os.fork()
    if child == 0:
        restoration.restore(backup, NOW, mark=mark)
    os.waitpid(child, 0)
    restoration.restore(backup, datetime.now(UTC))
    assert state(root) == before
    assert not [path for path in root.parent.iterdir() if path.name.startswith(".")]


def test_two_at_once_are_refused(root: Path, convert: Convert) -> None:
    with conversion.alone(root), pytest.raises(Unavailable):
        convert()


# -- what is not there any more, or has moved -----------------------------------------------------------------------------


def test_commit_in_the_root_since_the_backup_keeps_its_git(convert: Convert, root: Path, git: Git) -> None:
    with pytest.raises(conversion.TestsWorse):
        convert(verify="test -f ../README.md")
    git(root, "commit", "-q", "--allow-empty", "-m", "Since")
    with pytest.raises(conversion.RootMoved) as stopped:
        convert(verify="")
    assert "refs/heads/main" in stopped.value.message
    assert git(root, "log", "-1", "--format=%s") == "Since"


def test_backup_that_is_gone_keeps_the_roots_git(convert: Convert, root: Path) -> None:
    with pytest.raises(conversion.TestsWorse):
        convert(verify="test -f ../README.md")
    shutil.rmtree(root.parent / BACKUP)
    with pytest.raises(Conflict, match="backup"):
        convert(verify="")
    assert (root / ".git/HEAD").exists()


def test_file_that_changes_while_it_is_copied_stops_it(root: Path, convert: Convert) -> None:
    def mark(step: str) -> None:
        if step == "copied":
            write(root, {"notes.txt": "other"})

    with pytest.raises(Conflict, match=r"notes\.txt"):
        convert(mark)
    assert [path.name for path in root.parent.iterdir()] == ["calcifer"]


def test_backup_that_was_changed_is_not_restored(convert: Convert, root: Path) -> None:
    backup = Path(convert().backup)
    after = state(root)
    write(backup, {"calcifer/README.md": "other"})
    with pytest.raises(restoration.Damaged, match=r"README\.md"):
        restoration.restore(backup, NOW)
    assert state(root) == after
