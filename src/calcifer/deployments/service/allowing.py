"""Who may bring which version where, beyond the table of permissions: members, what is completed and was approved."""

from pathlib import Path

from calcifer.accounts.permissions import NotAllowed
from calcifer.deployments import targets
from calcifer.deployments.targets import Target
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as services
from calcifer.services.models import Service
from calcifer.work import queries as work
from calcifer.work.reach import places_on, reach_of


def require_allowed(uow: UnitOfWork, service: Service, target: Target, commit: str) -> None:
    """Raise NotAllowed where the actor may not bring this commit to this target."""
    if why := why_not(uow, service, target, commit):
        raise NotAllowed(why)


def why_not(uow: UnitOfWork, service: Service, target: Target, commit: str | None) -> str | None:
    """Say why the actor may not bring a commit (None: there is none yet) to a target; None where they may."""
    if uow.actor.role == "owner" or commit is None:
        return None
    repository = uow.refs.open(Path(service.path))
    main = repository.branch(service.main_branch)
    if main is None or not repository.contains(main, commit):
        return f"{commit[:10]} is not on {service.main_branch}: what is not completed is deployed by an owner."
    places = places_on(service.targets)[target.host]
    reached = reach_of(repository, commit, service.folder, services.list_shared(uow.db, service), places)
    if reached.is_none or work.find_approver(uow.db, service.id, target.host, reached.digest):
        return None
    return (
        f"{commit[:10]} makes its author root on {target.host}, and the host's owner has not approved it: {reached.summary}. "
        "An owner deploys it, or approves it with the next item."
    )


def why_not_main(uow: UnitOfWork, service: Service) -> dict[str, str]:
    """Say why the actor may not bring main to targets, by their names; those to which they may are left out."""
    if uow.actor.role == "owner" or service.missing_since is not None:
        return {}
    main = uow.refs.open(Path(service.path)).branch(service.main_branch)
    found = {target.name: why_not(uow, service, target, main) for target in targets.of(service)}
    return {name: why for name, why in found.items() if why}
