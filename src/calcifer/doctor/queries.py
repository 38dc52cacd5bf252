"""What was examined last: the jobs of this domain."""

from sqlalchemy.orm import Session

from calcifer.kit.promises import JobRow, list_jobs


def find_latest(session: Session) -> JobRow | None:
    """Return what was promised last, or None."""
    return next(iter(list_jobs(session, prefix="doctor.", limit=1)), None)


def find_ended(session: Session) -> JobRow | None:
    """Return the last that ended with a result, or None."""
    ended = list_jobs(session, prefix="doctor.", finished=True, limit=20)
    return next((row for row in ended if row.state == "done" and row.result), None)
