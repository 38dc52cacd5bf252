"""API of the activity."""

from typing import Annotated

from fastapi import Query

from calcifer.activity import queries
from calcifer.activity.schemas import EntryOut
from calcifer.kit.web import Api, Listing, Paging, Reading, paged

router = Api("activity")


@router.get("")
def list_entries(
    uow: Reading,
    asked: Paging,
    service: Annotated[str | None, Query(max_length=200, description="Of this service alone.")] = None,
    item_number: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Of this item alone.")] = None,
) -> Listing[EntryOut]:
    """List what was done, newest first."""
    found = queries.list_entries(
        uow.db, service=service, item_number=item_number, before=asked.after_id, limit=asked.limit + 1
    )
    rows, following = paged(found, asked, lambda entry: [entry.id])
    return Listing(items=[EntryOut.model_validate(row) for row in rows], next=following)
