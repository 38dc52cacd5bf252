"""What is done for a conversion before anything changes: the tests as it is now, the backup, its proof, the journal."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from calcifer.kit import backups
from calcifer.kit.errors import Conflict
from calcifer.kit.git import conditions, durable
from calcifer.kit.git.names import visible
from calcifer.services.copying import remove_tree
from calcifer.services.layouts import journal, testing
from calcifer.services.layouts.journal import Journal
from calcifer.services.layouts.planned import Plan

Mark = Callable[[str], None]
Say = Callable[[str], None]
PART = ".part"
"""At the end of the name of a backup that is not whole."""
OF = "of"
"""In a backup: the path that it is of."""
TESTS = "tests"
"""In a backup: where tests run."""
_MOST = 8


def begin(plan: Plan, now: datetime, say: Say, mark: Mark) -> Journal:
    """Run the tests, make the backup, and write the journal, which is the first change to the root."""
    _sweep_parts(plan)
    made = _same(plan)
    part = made or plan.backup.with_name(plan.backup.name + PART)
    if made is None:
        part.mkdir(mode=0o700)
        (part / OF).write_bytes(os.fsencode(plan.root))
        mark("backup begun")
    before = None
    if plan.verify:
        say(f"Running the tests as it is now: {plan.verify}")
        before = testing.run(plan.root, plan.condition.head or "", plan.places.app, plan.verify, part / TESTS)
        say(testing.told(before, "before"))
    mark("tested before")
    if made is None:
        say(f"Making the backup {plan.backup}")
        made = _backed_up(plan, part, now, mark)
    there = plan.status.moved(plan.places.place)
    found = Journal(
        app=plan.places.app,
        docs=plan.places.docs,
        branch=plan.branch,
        backup=str(made),
        refs=conditions.refs(plan.root),
        edits=there.edits,
        untracked=sorted(there.untracked),
        rules=plan.rules,
        remote=plan.remote,
        verify=plan.verify,
        before=before,
    )
    journal.write(plan.root, found)
    mark("begun")
    return found


def _backed_up(plan: Plan, part: Path, now: datetime, mark: Mark) -> Path:
    """Copy the root, read both sides, compare them, and only then call it a backup."""
    root = plan.root
    backups.copy(root, part / root.name)
    mark("copied")
    copied, there = backups.record(part / root.name), backups.record(root)
    changed = backups.differences(copied, there)
    if changed:
        remove_tree(part)
        names = ", ".join(map(visible, changed[:_MOST]))
        raise Conflict(
            f"{root} changed while it was copied: {names}. Nothing has been done.",
            mend="Stop what writes there (docker compose stop), and repeat.",
        )
    mark("compared")
    backups.write_label(part, backups.Label(str(root), root.name, now.isoformat(timespec="seconds"), copied))
    part.rename(plan.backup)
    durable.flush_names(plan.backup.parent)
    mark("backed up")
    return plan.backup


def _same(plan: Plan) -> Path | None:
    """Return a backup of an earlier run that is what the root is now."""
    there: backups.Record | None = None
    for path in sorted(plan.backup.parent.glob(f"{_globbed(plan.root.name)}-backup-*"), reverse=True):
        label = backups.read_label(path) if not path.name.endswith(PART) else None
        if label and label.root == str(plan.root):
            there = there or backups.record(plan.root)
            if label.record == there == backups.record(path / label.folder):
                return path
    return None


def _sweep_parts(plan: Plan) -> None:
    """Remove what runs have left that were killed before there was a journal."""
    for path in plan.backup.parent.glob(f"{_globbed(plan.root.name)}-backup-*{PART}"):
        if (path / OF).is_file() and (path / OF).read_bytes() == os.fsencode(plan.root):
            testing.sweep(path / TESTS)
            remove_tree(path)
    if journal.folder(plan.root).exists():
        remove_tree(journal.folder(plan.root))


def _globbed(name: str) -> str:
    return "".join(f"[{one}]" if one in "*?[" else one for one in name)
