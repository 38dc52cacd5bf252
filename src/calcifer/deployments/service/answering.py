"""Asks the endpoints of a version, outside of any unit of work, until they answer or the time is over."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from calcifer.kit.errors import CalciferError
from calcifer.kit.git.repository import Repository
from calcifer.monitoring import endpoints, verdict
from calcifer.monitoring.endpoints import Answer, Endpoint
from calcifer.monitoring.probes import probe
from calcifer.services import descriptors
from calcifer.services.service.reading import reader

AT_ONCE = 8
AGAIN_SECONDS = 1.0


def of_version(repository: Repository, commit: str, folder: str, name: str, target: str) -> list[Endpoint]:
    """Return the endpoints that the descriptor of a commit has for a target; none where it cannot be read."""
    try:
        found = descriptors.read_descriptor(reader(repository, commit, folder), name=name).descriptor
    except CalciferError:
        return []
    return endpoints.of_target([one.model_dump() for one in found.endpoints], target) if found else []


def ask(wanted: Sequence[Endpoint], until: float, interrupted: Callable[[], None] = lambda: None) -> list[Answer]:
    """Ask each until none is ill, or `until` (by `time.monotonic`) is past; who is well is asked again with the others.

    `interrupted` is called before each round, and raises where somebody has asked for the end.
    """
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="calcifer-probe") as pool:
        while True:
            interrupted()
            answers = list(pool.map(probe, wanted))
            if verdict.standing(answers) != "ill" or time.monotonic() > until:
                return answers
            time.sleep(AGAIN_SECONDS)
