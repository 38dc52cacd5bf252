"""The only place that says whose a host is: who added it, or whom an owner of the workspace has named since."""

from calcifer.accounts import queries as accounts
from calcifer.hosts.models import Host
from calcifer.kit.errors import Invalid
from calcifer.kit.uow import Actor, UnitOfWork


def owns(actor: Actor, host: Host | None) -> bool:
    """Say whether the actor decides what may reach a host; owners of the workspace do for each.

    Account and mail address both have to be those that were noted: an address can be given up, and taken by somebody else.
    """
    if actor.role == "owner":
        return True
    if host is None or actor.person_id is None:
        return False
    return (actor.person_id, actor.mail.lower()) == (host.owner_id, host.owner)


def belongs_to(uow: UnitOfWork, host: Host, mail: str) -> None:
    """Let a host belong to the person with this mail address; to the owners of the workspace where it is empty."""
    person = accounts.find_person(uow.db, mail) if mail else None
    if mail and person is None:
        raise Invalid.field("owner", f"Nobody here has the mail address {mail}.")
    host.owner, host.owner_id = (person.mail, person.id) if person else (None, None)


def whose(host: Host | None) -> str:
    """Name who decides, for people."""
    return host.owner if host is not None and host.owner else "an owner of the workspace"
