"""Brings a directory back from its backup, to the byte; what lies there now is moved aside and stays."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from calcifer.kit import backups
from calcifer.kit.errors import Conflict, Forbidden, NotFound, Unavailable
from calcifer.kit.git import durable
from calcifer.kit.git.names import visible
from calcifer.services.copying import remove_tree

Mark = Callable[[str], None]
_MOST = 8


@dataclass(frozen=True)
class Restored:
    """What was brought back, and where what lay there is now; None where nothing did."""

    path: str
    aside: str | None


class Damaged(Conflict):
    """The backup is not what it was when it was made."""


def restore(backup: Path, now: datetime, root: Path | None = None, *, mark: Mark = lambda _: None) -> Restored:
    """Bring back what `backup` is of, at `root` or where it lay. Killed at any step, the same again does the rest."""
    label = backups.read_label(backup)
    if label is None:
        raise NotFound(f"{backup} is no backup of a conversion, or one that was never finished.")
    target = root or Path(label.root)
    if not target.parent.is_dir() or not os.access(target.parent, os.W_OK | os.X_OK):
        raise Forbidden(f"You may not write in {target.parent}, where {target.name} belongs.")
    kept = backup / label.folder
    if changed := backups.differences(backups.record(kept), label.record):
        raise Damaged(
            f"{kept} is not what it was when it was made: {', '.join(map(visible, changed[:_MOST]))}. Nothing has been done.",
            mend=f"Copy what is of use by hand: cp -a {kept} ELSEWHERE",
        )
    made = _copied(kept, target, label)
    mark("copied")
    try:
        aside = _aside(target, now)
        mark("aside")
        made.rename(target)
    except OSError as error:
        raise Unavailable(f"{target} cannot be moved: {error.strerror}. The restored directory is {made}.") from error
    durable.flush_names(target.parent)
    made.parent.rmdir()
    return Restored(str(target), None if aside is None else str(aside))


def _copied(kept: Path, target: Path, label: backups.Label) -> Path:
    folder = target.parent / f".{target.name}.calcifer-restoring"
    if folder.exists():  # of a run that was killed: it has nothing but a copy of the backup
        remove_tree(folder)
    folder.mkdir(mode=0o700)
    made = folder / target.name
    backups.copy(kept, made)
    if changed := backups.differences(backups.record(made), label.record):
        raise Unavailable(f"The copy of the backup is not like it: {', '.join(map(visible, changed[:_MOST]))}.")
    return made


def _aside(target: Path, now: datetime) -> Path | None:
    if not os.path.lexists(target):
        return None
    aside = target.with_name(f"{target.name}-before-restore-{now:%Y-%m-%d-%H%M%S}")
    if os.path.lexists(aside):
        raise Unavailable(f"{aside} is there already: repeat it in a second.")
    target.rename(aside)
    return aside
