"""The only place that keeps a secret for a job: a file that only this user can read, there as long as the job is to be done.

A job's row, its steps and its result are stored and shown, so none of them has the secret: the row's number is the file's name. A
process killed at any moment leaves at most a file whose job is over, and whoever lends next, or begins, removes it.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.orm import Session

from calcifer.kit.errors import CalciferError, Conflict, Unavailable
from calcifer.kit.promises import BACK_OFF_SECONDS, JobRow, list_unfinished_among
from calcifer.kit.uow import UnitOfWork, Units
from calcifer.kit.workflows import SYSTEM, JobContext

FOLDER = "lent"


class Gone(Conflict):
    """The secret that a job was given is not there any more."""


def lend(uow: UnitOfWork, var: Path, row: JobRow, secret: str | None) -> None:
    """Keep `secret` for the job that this writing unit promises; None: the job gets none, also not one of an earlier promise."""
    folder = var / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(uow.db, var, but=row.id)
    place = folder / str(row.id)
    if not secret:
        place.unlink(missing_ok=True)
        return
    made = folder / f"{row.id}.{secrets.token_hex(4)}"
    file = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, secret.encode())
    finally:
        os.close(file)
    made.replace(place)


@contextmanager
def borrowed(job: JobContext, var: Path, *, is_needed: bool) -> Iterator[str | None]:
    """Give a job its secret, and remove it when the job has ended for good; an attempt that is made again finds it again.

    Raises Gone where one `is_needed` and not there.
    """
    place = var / FOLDER / str(job.row_id)
    try:
        secret = place.read_text() if is_needed else None
    except FileNotFoundError:
        raise Gone(
            "The token that this was asked with is not kept any more.", mend="Ask again, with the token."
        ) from None
    try:
        yield secret
    except Unavailable:
        if job.attempt > len(BACK_OFF_SECONDS):
            place.unlink(missing_ok=True)
        raise
    except CalciferError:
        place.unlink(missing_ok=True)
        raise
    # Anything else may be the end of this process, after which the job begins again: `sweep` knows when it is over.
    place.unlink(missing_ok=True)


def sweep(session: Session, var: Path, but: int | None = None) -> None:
    """Remove what was lent to jobs that are over; the caller holds the write lock, so that none is about to be promised."""
    there = {path: path.name.partition(".")[0] for path in _files(var)}
    ids = {int(name) for name in there.values() if name.isdecimal() and len(name) < 18}
    needed = {str(number) for number in list_unfinished_among(session, ids) | {but}}
    for path, name in there.items():
        if name not in needed:
            path.unlink(missing_ok=True)


def forget(units: Units, var: Path) -> None:
    """Remove what was lent to jobs that are over; costs nothing where nothing is lent."""
    if _files(var):
        with units.write(SYSTEM) as uow:
            sweep(uow.db, var)


def _files(var: Path) -> list[Path]:
    with suppress(FileNotFoundError):
        return list((var / FOLDER).iterdir())
    return []
