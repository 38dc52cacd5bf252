"""Puts deployments into a database that has none, as the notes of commits tell them; a part of a rebuild, and of nothing else."""

from datetime import UTC, datetime

from calcifer.accounts.permissions import require
from calcifer.activity.service import Told
from calcifer.deployments.models import Deployment
from calcifer.deployments.schemas import Kept
from calcifer.hosts import queries as hosts
from calcifer.kit.errors import Invalid
from calcifer.kit.uow import UnitOfWork


def restore(uow: UnitOfWork, kept: Kept, service_id: int) -> Deployment:
    """Put one back; Invalid where its host is not known, or its number is another one's."""
    require(uow.actor, "deployments.rebuild")
    host = hosts.find_host(uow.db, kept.host)
    if host is None:
        raise Invalid(f"It went to {kept.host}, and there is no such host.")
    if uow.db.get(Deployment, kept.deployment) is not None:
        raise Invalid(f"There is a deployment {kept.deployment} already.")
    own = kept.model_dump(
        include={"kind", "target", "directory", "commit", "before", "items", "verdict", "error", "images"}
    )
    row = Deployment(
        id=kept.deployment, service_id=service_id, host_id=host.id, project=kept.project or "", reason=kept.why,
        state=kept.outcome, outcome=kept.outcome, phase="record", actor_name=kept.by, made_at=_utc(kept.asked),
        started_at=_utc(kept.began) if kept.began else None, finished_at=_utc(kept.ended), **own,
    )  # fmt: skip
    uow.db.add(row)
    uow.db.flush()
    return row


def told(kept: Kept, service: str) -> Told:
    """Return what the activity says of it."""
    subject = f"{service} to {kept.host}"
    return Told(_utc(kept.asked), kept.by, f"deployments.{kept.kind}", subject, service, detail={"commit": kept.commit})


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
