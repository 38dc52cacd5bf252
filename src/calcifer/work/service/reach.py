"""What items reach of hosts: approved by the hosts' owners, bound to exactly that, kept with the item and found again later."""

import hashlib
import json
from dataclasses import dataclass

from calcifer.accounts import permissions
from calcifer.accounts.permissions import NotAllowed
from calcifer.activity import service as activity
from calcifer.hosts import ownership
from calcifer.hosts import queries as hosts
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.uow import UnitOfWork
from calcifer.work import policies, queries
from calcifer.work.models import Item, ReachApproval
from calcifer.work.reach import Reached
from calcifer.work.rules.host_reach import reached
from calcifer.work.schemas import ReachDecision, ReachOut
from calcifer.work.service.completion import case_of
from calcifer.work.service.storing import get_open, save


@dataclass(frozen=True)
class Asked:
    """What an item reaches of each host of which it reaches something, and who has approved that; None where it waits."""

    reached: dict[str, Reached]
    approved: dict[str, str | None]

    @property
    def digest(self) -> str:
        """One word for all of it; empty where nothing is reached."""
        said = json.dumps({host: one.digest for host, one in self.reached.items()}, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest() if self.reached else ""

    @property
    def lines(self) -> list[str]:
        """A line for each thing, whichever host it is of."""
        return list(dict.fromkeys(line for one in self.reached.values() for line in one.lines))

    @property
    def waiting(self) -> list[str]:
        """The hosts whose owners have not approved it."""
        return [host for host, by in self.approved.items() if by is None]


def reach(uow: UnitOfWork, number: int) -> ReachOut:
    """Say what an open item reaches of its hosts, as its merge with main is now."""
    asked = _asked(uow, get_open(uow, number))
    return ReachOut(item=number, digest=asked.digest, facts=asked.lines, approved=asked.approved)


def approve_reach(uow: UnitOfWork, number: int, decision: ReachDecision) -> Item:
    """Approve what an item reaches of a host, or of each that waits and is the actor's; Conflict where it is something else by now.

    The same is approved from then on for every item of the service. Raises NotAllowed where somebody else decides.
    """
    permissions.require(uow.actor, "work.approve_reach")
    item = get_open(uow, number)
    asked = _asked(uow, item)
    if not asked.reached:
        raise Conflict(f"#{number} reaches nothing of a host: there is nothing to approve.")
    if decision.digest != asked.digest:
        raise Conflict(
            f"What #{number} reaches is not what you have read: it has changed since. Nothing was approved.",
            mend=f"Read it, then approve that: calcifer work approve-reach {number}",
        )
    if decision.host is not None and decision.host not in asked.approved:
        raise Invalid.field("host", f"#{number} reaches nothing of '{decision.host}', or is not meant to run there.")
    wanted = [decision.host] if decision.host else asked.waiting
    own = [host for host in wanted if ownership.owns(uow.actor, hosts.find_host(uow.db, host))]
    if len(own) < len(wanted) and (decision.host or not own):
        other = next(host for host in wanted if host not in own)
        raise NotAllowed(
            f"{ownership.whose(hosts.find_host(uow.db, other))} decides what may reach {other}: ask there."
        )
    _approve(uow, item, asked, [host for host in own if host in asked.waiting])
    return item


def approve_own(uow: UnitOfWork, item: Item) -> bool:
    """Approve at once what an item reaches of the actor's own hosts, where the policy is `solo`; return whether anything was."""
    asked = _asked(uow, item)
    own = [host for host in asked.waiting if ownership.owns(uow.actor, hosts.find_host(uow.db, host))]
    if not own or policies.get(item.service.policy).name != policies.DEFAULT:
        return False
    _approve(uow, item, asked, own)
    return True


def _asked(uow: UnitOfWork, item: Item) -> Asked:
    if item.branch is None:
        raise Conflict(f"#{item.number} is a parent and has no branch: it reaches nothing.")
    case = case_of(uow, item)
    found = {host: one for host, one in reached(case).items() if not one.is_none}
    by = {host: queries.find_approver(uow.db, item.service_id, host, one.digest) for host, one in found.items()}
    return Asked(found, by)


def _approve(uow: UnitOfWork, item: Item, asked: Asked, where: list[str]) -> None:
    for host in where:
        uow.db.add(
            ReachApproval(
                service_id=item.service_id,
                item_number=item.number,
                host=host,
                digest=asked.reached[host].digest,
                facts=asked.reached[host].lines,
                by=uow.actor.name,
                at=uow.now,
            )
        )
    if not where:
        return
    uow.db.flush()  # what is saved asks for them
    save(uow, item, f"Approve what #{item.number} reaches of {', '.join(where)}")
    activity.record(
        uow,
        "work.approve_reach",
        f"#{item.number} {item.title}",
        service=item.service.name,
        item_number=item.number,
        hosts=where,
        facts=asked.lines,
    )
