"""What happens to an item whose main was moved by somebody else between the database's commit and git's."""

from datetime import datetime

from sqlalchemy.orm import Session

from calcifer.work import queries


def lost(session: Session, argument: str, why: str, now: datetime) -> None:
    """Open the item again with a notice: its branch and its ref are still where they were."""
    item = queries.get_item(session, int(argument))
    item.state, item.completed_at, item.completed_by, item.merge = "open", None, None, None
    item.updated_at = now
    item.revision += 1
    item.notice = f"It was completed while Calcifer was cut off, and could not be merged: {why} Complete it again."
