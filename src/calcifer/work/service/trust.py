"""The `verify` command of a repository: trusted by its exact text, asked for on a merge result, run as a job."""

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit import promises
from calcifer.kit.errors import Conflict
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as catalog
from calcifer.work import queries
from calcifer.work.models import Item, TrustedCommand, Verification
from calcifer.work.service.storing import get_open, head_of, main_of, repository_of
from calcifer.work.service.verifying import JOB


def trust(uow: UnitOfWork, service_name: str, command: str) -> TrustedCommand:
    """Allow exactly this command of a service to run on this machine; Conflict where the service has another one."""
    permissions.require(uow.actor, "work.trust")
    service = catalog.get_service(uow.db, service_name)
    known = queries.find_trusted(uow.db, service.id, command)
    if known is not None:
        return known
    if service.verify != command:
        raise Conflict(f"The verify command of {service.name} is {service.verify!r}: read it, then trust that.")
    trusted = TrustedCommand(service_id=service.id, command=command, by=uow.actor.name, at=uow.now)
    uow.db.add(trusted)
    activity.record(uow, "work.trust", service.name, service=service.name, command=command)
    return trusted


def verify_command(uow: UnitOfWork, service_name: str) -> str:
    """Return the verify command of a service; Conflict where it has none."""
    command = catalog.get_service(uow.db, service_name).verify
    if not command:
        raise Conflict(f"{service_name} has no verify command in .calcifer/service.yaml.")
    return command


def verify(uow: UnitOfWork, number: int) -> Verification:
    """Ask for a run of the service's verify command on the present merge result, also where there was one already."""
    permissions.require(uow.actor, "work.verify")
    item = get_open(uow, number)
    command = verify_command(uow, item.service.name)
    if queries.find_trusted(uow.db, item.service_id, command) is None:
        raise Conflict(
            f"The verify command of {item.service.name} is not trusted yet: {command}",
            mend=f"calcifer work trust {item.service.name}",
        )
    asked = _asked(uow, item)
    if asked is None:
        raise Conflict(f"#{number} does not merge cleanly: bring it up to date first.")
    return asked


def ask_verification(uow: UnitOfWork, item: Item) -> None:
    """Ask for a run where the command is trusted and this merge result was never verified; else do nothing."""
    command = item.service.verify
    if command and item.branch and queries.find_trusted(uow.db, item.service_id, command):
        _asked(uow, item, only_once=True)


def _asked(uow: UnitOfWork, item: Item, *, only_once: bool = False) -> Verification | None:
    repository = repository_of(uow, item.service)
    tree = repository.merge(main_of(repository, item.service), head_of(repository, item)).tree
    if tree is None:
        return None
    command = item.service.verify or ""
    known = queries.find_verification(uow.db, item.service_id, tree, command)
    if known is not None and known.state == "waiting":
        promises.promise(uow, JOB, str(known.id))  # the same job, unless that one died for good
    if known is not None and (only_once or known.state == "waiting"):
        return known
    asked = Verification(
        service_id=item.service_id,
        item_number=item.number,
        tree=tree,
        command=command,
        state="waiting",
        asked_at=uow.now,
    )
    uow.db.add(asked)
    uow.db.flush()  # its id names the job
    promises.promise(uow, JOB, str(asked.id))
    return asked
