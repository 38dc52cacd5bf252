"""The rule `host_reach`: what makes its author root on a host is approved by the host's owner."""

from calcifer.work.reach import Reached, reach_of
from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.rules.descriptor import described

NAME = "host_reach"


def places_of(case: Case) -> dict[str, list[str]]:
    """Return the hosts that the merge result is meant to run on, each with the directories that are named there.

    Where its descriptor cannot be read, that of main stays in force.
    """
    descriptor = described(case).descriptor
    if descriptor is None:
        return {host: list(places) for host, places in case.hosts.items()}
    found: dict[str, list[str]] = {}
    for target in descriptor.targets:
        found.setdefault(target.host, []).extend([target.directory] if target.directory else [])
    return found


def reached(case: Case) -> dict[str, Reached]:
    """Return what the merge result reaches of each host, by the host's name."""
    return {
        host: reach_of(case.repository, case.tree, case.folder, case.folders, places)
        for host, places in places_of(case).items()
    }


@rule(NAME, "Reach over hosts approved", live=True, applies=lambda case: bool(places_of(case)))
def host_reach(case: Case) -> Verdict:
    """Judge the merge result for each host by itself; what cannot be read is approved as it is, or not at all."""
    found = {host: one for host, one in reached(case).items() if not one.is_none}
    if not found:
        return Verdict(NAME, "pass", "Nothing of a host is reached beyond the service's own directory.")
    by = {host: case.approved(host, one.digest) if case.approved else None for host, one in found.items()}
    lines = tuple(dict.fromkeys(line for one in found.values() for line in one.lines))
    missing = [host for host, who in by.items() if who is None]
    if not missing:
        said = "; ".join(f"for {host} by {who}" for host, who in by.items())
        return Verdict(NAME, "pass", f"What is reached is approved {said}.", evidence=lines)
    where = " and ".join(missing)
    return Verdict(
        NAME,
        "fail",
        f"Whoever writes this is root on {where}, and {_whose(missing)} has not approved it: {found[missing[0]].summary}.",
        f"Leave it out, or {_whose(missing)} approves it: calcifer work approve-reach {case.number}",
        lines,
    )


def _whose(hosts: list[str]) -> str:
    return "the host's owner" if len(hosts) == 1 else "the owner of each"
