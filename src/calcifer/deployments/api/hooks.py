"""Hooks of versions: read, and trusted."""

from calcifer.deployments.api.routes import router
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.schemas import DeploymentOut, HooksOut, NewTrust
from calcifer.deployments.service import trusting
from calcifer.kit.web import Id, Reading, Writing


@router.get("/{deployment_id}/hooks")
def get_hooks(uow: Reading, deployment_id: Id) -> HooksOut:
    """Tell which hooks the version of a deployment has, and which of them are trusted."""
    return trusting.hooks(uow, deployment_id)


@router.post("/{deployment_id}/trust", status_code=202)
def trust(uow: Writing, deployment_id: Id, data: NewTrust) -> DeploymentOut:
    """Let hooks of a deployment's version run; what they held goes on."""
    trusting.trust(uow, deployment_id, data)
    return DeploymentOut.of(*queries.get_deployment(uow.db, deployment_id))
