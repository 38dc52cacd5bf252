"""The only place that says who may do what: one table from verb to the roles that may.

Every service function that changes something calls `require(uow.actor, "domain.verb")` in its first line. A verb is written down
here before it can be used: mypy knows them all, and so does `require`.
"""

from typing import Literal, get_args

from calcifer.kit.errors import Forbidden
from calcifer.kit.uow import Actor

MemberVerb = Literal[
    "accounts.change_password",
    "accounts.edit",
    "accounts.make_token",
    "accounts.revoke_token",
    "deployments.cancel",
    "deployments.deploy",
    "deployments.logs",
    "deployments.look",
    "deployments.restart",
    "deployments.rollback",
    "deployments.start",
    "deployments.stop",
    "doctor.examine",
    "git.fetch",
    "git.follow",
    "git.push",
    "git.refresh",
    "git.repack",
    "hosts.check",
    "services.adopt",
    "services.new",
    "services.scan",
    "updates.check",
    "updates.take",
    "work.add",
    "work.approve_reach",
    "work.change",
    "work.checkout",
    "work.claim",
    "work.collect",
    "work.commit",
    "work.complete",
    "work.drop",
    "work.edit",
    "work.find_strays",
    "work.move",
    "work.open",
    "work.remove",
    "work.reopen",
    "work.revert",
    "work.take",
    "work.tick",
    "work.untick",
    "work.update",
    "work.verify",
    "work.waive",
]
OwnerVerb = Literal[
    "deployments.proceed",
    "deployments.rebuild",
    "deployments.trust",
    "doctor.mend",
    "hosts.add",
    "hosts.edit",
    "hosts.pin",
    "hosts.rebuild",
    "hosts.remove",
    "hosts.replace",
    "secrets.recovery",
    "secrets.remove",
    "secrets.restore",
    "secrets.reveal",
    "secrets.rotate",
    "secrets.set",
    "services.adopt_anywhere",
    "services.adopt_from",
    "services.rebuild",
    "services.survey",
    "work.find_requests",
    "work.rebuild",
    "work.take_request",
    "work.trust",
]
Verb = MemberVerb | OwnerVerb

ROLES: dict[str, frozenset[str]] = {
    **dict.fromkeys(get_args(MemberVerb), frozenset({"owner", "member"})),
    **dict.fromkeys(get_args(OwnerVerb), frozenset({"owner"})),
}


class NotAllowed(Forbidden):
    """The actor's role does not include the verb."""


def may(actor: Actor, verb: Verb) -> bool:
    """Say whether the actor may; a verb that is not in the table is a KeyError."""
    return actor.role in ROLES[verb]


def require(actor: Actor, verb: Verb) -> None:
    """Raise NotAllowed unless the actor may do this."""
    if not may(actor, verb):
        raise NotAllowed(f"{actor.name or 'Somebody who is not signed in'} may not do this ({verb}): ask an owner.")
