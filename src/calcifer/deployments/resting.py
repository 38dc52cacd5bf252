"""What was stopped on purpose, from what was asked for: pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from calcifer.deployments.models import Operation


class Stopped(NamedTuple):
    """Who stopped it, and when."""

    by: str
    at: datetime


def stopped(operations: Iterable[Operation], parts: Iterable[str], since: datetime | None) -> dict[str, Stopped]:
    """Return the services of the compose files that somebody stopped and nobody started again, by name.

    `parts` are all that there are; `operations` come oldest first, and what was stopped before the instant `since`, at which a
    deployment ended, was started by it.
    """
    found: dict[str, Stopped] = {}
    known = list(parts)
    for one in operations:
        if one.state != "done" or one.finished_at is None or (since is not None and one.finished_at < since):
            continue
        for part in one.parts or known:
            if one.verb == "stop":
                found[part] = Stopped(one.actor_name, one.finished_at)
            else:
                found.pop(part, None)
    return found


def sentence(resting: Mapping[str, Stopped], parts: Iterable[str]) -> str:
    """Return what is to be said of it; empty where nothing is stopped."""
    if not resting:
        return ""
    last = max(resting.values(), key=lambda one: one.at)
    what = "It" if set(parts) <= resting.keys() else ", ".join(sorted(resting))
    were = "was" if what == "It" or len(resting) == 1 else "were"
    return f"{what} {were} stopped on purpose, by {last.by}."
