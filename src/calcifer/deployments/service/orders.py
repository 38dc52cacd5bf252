"""What a phase of a deployment needs to know, read from the database each time: another process may have gone on with it."""

from dataclasses import dataclass
from pathlib import Path

from calcifer.deployments.queries import runs as queries
from calcifer.deployments.shipping import Place
from calcifer.hosts.models import Host
from calcifer.hosts.reaching import Aim, connection
from calcifer.kit import ssh
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as services


@dataclass(frozen=True)
class Order:
    """What a phase needs to know, apart from the row."""

    id: int
    service: str
    target: str
    by: str
    phase: str
    goal: str
    before: str | None
    project: str
    is_returning: bool
    is_cancelled: bool
    is_finished: bool
    is_decided: bool
    runs: int
    error: str | None
    outcome: str | None
    place: Place
    repository: Path
    aim: Aim

    @property
    def way_back(self) -> bool:
        """Whether there is a version to go back to."""
        return not self.is_returning and self.before is not None and self.before != self.goal


def order_of(uow: UnitOfWork, deployment_id: int, var: Path, line: ssh.Line) -> Order:
    """Return how far a deployment is, and where it goes, over `line` where that leads there."""
    row, name, _ = queries.get_deployment(uow.db, deployment_id)
    service = services.get_service(uow.db, name)
    host = uow.db.get_one(Host, row.host_id)
    others = [] if service.folder else [one for one in services.list_folders(uow.db, service.path) if one]
    reached = ssh.over(line, connection(Aim.of(host), var))
    place = Place(reached, name, row.directory, host.directory, service.folder, tuple(others))
    return Order(
        row.id, name, row.target, row.actor_name, row.phase, row.goal, row.before, row.project, row.is_returning,
        row.is_cancelled, row.is_finished, "decided" in row.plan, row.runs, row.error, row.outcome, place,
        Path(service.path), Aim.of(host),
    )  # fmt: skip
