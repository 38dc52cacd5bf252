"""What an item reaches of hosts, approved on its page."""

from fastapi import Request
from fastapi.responses import Response

from calcifer.kit.schemas import checked
from calcifer.kit.web import Writing, to
from calcifer.work import service
from calcifer.work.pages.routes import Field, Number, router
from calcifer.work.schemas import ReachDecision


@router.post("/{number}/approve_reach", again="work.item")
def approve_reach(request: Request, uow: Writing, number: Number, digest: Field = "", host: Field = "") -> Response:
    """Approve what the item reaches, as it was read."""
    service.approve_reach(uow, number, checked(ReachDecision, digest=digest, host=host or None))
    return to(request, "work.item", number=number, say="Approved: it is bound to exactly this.")
