"""What is to be said of what a host shows of a service: pure."""

from typing import Any

from calcifer.deployments import coming
from calcifer.deployments.drivers.compose import State
from calcifer.kit.git.names import visible


def drift(seen: State, edited: list[str]) -> list[str]:
    """Return a sentence for each thing that is otherwise on the host than the last deployment left it."""
    if seen.deployed is None:
        return []
    files = [f"'{visible(path)}' was edited or removed there." for path in edited[: coming.MOST]]
    containers = [
        f"{one.name} has another configuration than the files ask for."
        for one in seen.containers
        if seen.is_settled and not edited and one.hash != seen.hashes.get(one.service, one.hash)
    ]
    return files + containers


def images(seen: State) -> dict[str, Any]:
    """Return what each service of the compose files runs: reference, id and digests."""
    said = {}
    for one in seen.containers:
        found = seen.images.get(one.ref)
        said[one.service] = {"ref": one.ref, "id": one.image, "digests": list(found.digests) if found else []}
    return said


def strangers(seen: State, path: str) -> list[str]:
    """Return the containers that have the project's name and lie in another directory: another stack's, which `up` would remove."""
    return [one.name for one in seen.containers if one.directory and one.directory not in {seen.directory, path}]
