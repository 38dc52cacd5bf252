"""The rule `host_reach`: what makes its author root on a host is approved by the host's owner."""

from calcifer.work.reach import reach_of
from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.rules.descriptor import described

NAME = "host_reach"


def hosts_of(case: Case) -> tuple[str, ...]:
    """Return the hosts that the merge result is meant to run on; those of main where its descriptor cannot be read."""
    descriptor = described(case).descriptor
    return tuple(dict.fromkeys(target.host for target in descriptor.targets)) if descriptor else case.hosts


@rule(NAME, "Reach over hosts approved", live=True, applies=lambda case: bool(hosts_of(case)))
def host_reach(case: Case) -> Verdict:
    """Judge the merge result for each host by itself; what cannot be read is approved as it is, or not at all."""
    reached = reach_of(case.repository, case.tree, case.folder, case.folders)
    if reached.is_none:
        said = "The compose files reach nothing of their hosts beyond the service's own directory."
        return Verdict(NAME, "pass", said)
    by = {host: case.approved(host, reached.digest) if case.approved else None for host in hosts_of(case)}
    missing = [host for host, who in by.items() if who is None]
    if not missing:
        said = "; ".join(f"for {host} by {who}" for host, who in by.items())
        return Verdict(NAME, "pass", f"What the compose files reach is approved {said}.", evidence=tuple(reached.lines))
    where = " and ".join(missing)
    return Verdict(
        NAME,
        "fail",
        f"Whoever writes this is root on {where}, and {_whose(missing)} has not approved it: {reached.summary}.",
        f"Leave it out, or {_whose(missing)} approves it: calcifer work approve-reach {case.number}",
        tuple(reached.lines),
    )


def _whose(hosts: list[str]) -> str:
    return "the host's owner" if len(hosts) == 1 else "the owner of each"
