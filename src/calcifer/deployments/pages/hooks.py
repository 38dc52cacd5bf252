"""Hooks of versions, trusted on the page of a deployment."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse

from calcifer.deployments.pages.routes import router
from calcifer.deployments.schemas import NewTrust
from calcifer.deployments.service import trusting
from calcifer.kit.schemas import checked
from calcifer.kit.web import Id, Writing, to

Digests = Annotated[list[str], Form()]


@router.post("/{deployment_id}/trust", again="deployments.deployment")
def trust(request: Request, uow: Writing, deployment_id: Id, digest: Digests = []) -> RedirectResponse:  # noqa: B006  (FastAPI copies it)
    """Let the hooks run that were read; what they held goes on."""
    trusting.trust(uow, deployment_id, checked(NewTrust, digests=digest))
    return to(request, "deployments.deployment", deployment_id=deployment_id, say="Trusted. It goes on.")
