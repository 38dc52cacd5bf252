"""Every change: an examination is promised, with or without mending; jobs do it, for reading everything takes its time."""

from calcifer.accounts.permissions import require
from calcifer.activity import service as activity
from calcifer.kit.promises import JobRow, promise
from calcifer.kit.uow import UnitOfWork

EXAMINE = "doctor.examine"
MEND = "doctor.mend"
WITH_FSCK = "everything"
WITHOUT_FSCK = "without fsck"


def examine(uow: UnitOfWork, *, fsck: bool = True) -> JobRow:
    """Promise to examine the workspace; nothing in it is changed."""
    require(uow.actor, "doctor.examine")
    activity.record(uow, EXAMINE, _subject(fsck=fsck))
    return promise(uow, EXAMINE, _subject(fsck=fsck))


def mend(uow: UnitOfWork, *, fsck: bool = False) -> JobRow:
    """Promise to examine the workspace, and to mend what can be mended without losing anything."""
    require(uow.actor, "doctor.mend")
    activity.record(uow, MEND, _subject(fsck=fsck))
    return promise(uow, MEND, _subject(fsck=fsck))


def _subject(*, fsck: bool) -> str:
    return WITH_FSCK if fsck else WITHOUT_FSCK
