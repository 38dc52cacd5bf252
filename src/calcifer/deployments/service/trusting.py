"""The hooks of versions: run on hosts once an owner has read and allowed exactly them."""

from pathlib import Path
from typing import Any

from calcifer.accounts.permissions import require
from calcifer.activity import service as activity
from calcifer.deployments.hooks import Hook, hooks_of
from calcifer.deployments.models import Deployment, TrustedHook
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.schemas import HookOut, HooksOut, NewTrust
from calcifer.deployments.service.runs import JOB, finish, refuse_busy
from calcifer.kit.errors import Conflict
from calcifer.kit.promises import promise
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as services
from calcifer.services.models import Service


def hooks(uow: UnitOfWork, deployment_id: int) -> HooksOut:
    """Say which hooks the version of a deployment has, and which of them are trusted."""
    row, name, _ = queries.get_deployment(uow.db, deployment_id)
    service = services.get_service(uow.db, name)
    found = _found(uow, service, row)
    said = [
        HookOut(
            name=hook.name,
            command=hook.command,
            files=list(hook.files),
            digest=hook.digest,
            by=queries.find_trust(uow.db, service.id, hook.digest),
        )
        for hook in found
    ]
    return HooksOut(deployment=row.id, commit=row.commit, hooks=said)


def trust(uow: UnitOfWork, deployment_id: int, data: NewTrust) -> Deployment:
    """Let the hooks of these digests run on the service's hosts, in each version that has them; what they held goes on.

    Conflict where the version has another one: what was not read is not trusted.
    """
    require(uow.actor, "deployments.trust")
    row, name, host = queries.get_deployment(uow.db, deployment_id)
    service = services.get_service(uow.db, name)
    there = {hook.digest: hook for hook in _found(uow, service, row)}
    if not data.digests or not there.keys() >= set(data.digests):
        raise Conflict(
            f"The version of deployment {row.id} has other hooks than these, or none. Nothing was trusted.",
            mend=f"Read them, then trust those: calcifer deployments trust {row.id}",
        )
    for digest in dict.fromkeys(data.digests):
        if queries.find_trust(uow.db, service.id, digest) is None:
            hook = there[digest]
            own: dict[str, Any] = {"name": hook.name, "command": hook.command, "digest": digest}
            uow.db.add(TrustedHook(service_id=service.id, by=uow.actor.name, at=uow.now, **own))
            activity.record(uow, "deployments.trust", name, service=name, **own)
    if row.state == "held" and "hooks" in row.plan:
        refuse_busy(uow, row.service_id, row.host_id, name, host)
        row.plan = {key: value for key, value in row.plan.items() if key != "hooks"}
        row.state, row.phase, row.error, row.mend, row.finished_at = "pending", "plan", None, None, None
        promise(uow, JOB, str(row.id))
    return row


def held(uow: UnitOfWork, deployment_id: int, plan: dict[str, Any]) -> bool:
    """Hold a deployment whose version has hooks that nobody has trusted; return whether it is held. `plan` is kept with it."""
    row, name, _ = queries.get_deployment(uow.db, deployment_id)
    service = services.get_service(uow.db, name)
    waiting = [
        hook for hook in _found(uow, service, row) if queries.find_trust(uow.db, service.id, hook.digest) is None
    ]
    if not waiting:
        return False
    told = " ".join(f"{hook.name}: {hook.command}" for hook in waiting)
    kept = plan | {"hooks": [hook.name for hook in waiting]}
    kept |= {"decided": row.plan["decided"]} if "decided" in row.plan else {}
    finish(
        uow,
        deployment_id,
        "held",
        plan=kept,
        error=f"Its version runs a hook on the host that nobody has trusted, and nothing was changed. {told}",
        mend=f"Read it and what it names, then: calcifer deployments trust {deployment_id}",
    )
    return True


def trusted(uow: UnitOfWork, name: str, commit: str, hook_name: str) -> Hook | None:
    """Return a hook of a commit where it has one that is trusted now."""
    service = services.get_service(uow.db, name)
    for hook in hooks_of(uow.refs.open(Path(service.path)), commit, service.folder):
        if hook.name == hook_name and queries.find_trust(uow.db, service.id, hook.digest) is not None:
            return hook
    return None


def _found(uow: UnitOfWork, service: Service, row: Deployment) -> list[Hook]:
    return hooks_of(uow.refs.open(Path(service.path)), row.commit, service.folder)
