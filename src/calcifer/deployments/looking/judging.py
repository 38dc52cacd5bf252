"""The only place that puts together what a look came to, bounded, as it is kept and shown; pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from calcifer.deployments.looking import data, exposure, running, tracking
from calcifer.deployments.looking.images import Shelf, familiar, is_fixed
from calcifer.deployments.looking.problems import MOST_SHOWN, WEIGHTS, Problem, listed, some
from calcifer.deployments.looking.seen import Container, Seen
from calcifer.deployments.looking.stacks import Stack, place_of, sorted_into_stacks
from calcifer.deployments.looking.tracking import Compared, tracked

MOST_PROBLEMS = 300
MOST_STACKS = 1000
MOST_CONTAINERS = 100
"""Of one stack, in what is kept."""
LAN = {"macvlan", "ipvlan"}
NOT_ASKED = "Registries were not asked whether they have newer images; the digest is the one that lies on the host."


def judge(
    seen: Seen,
    *,
    root: str,
    adopting: Callable[[str], str],
    compared: dict[str, Compared] | None = None,
    elsewhere: dict[str, list[str]] | None = None,
    stopped: frozenset[tuple[str, str]] = frozenset(),
) -> dict[str, Any]:
    """Return what is kept of a look: problems, the heaviest first, and stacks by name; plain values.

    `root` is where services lie on the host, `adopting` makes the command that takes a directory in, `compared` has known services
    by directory, `elsewhere` the addresses of their own that containers on other hosts have, `stopped` what somebody
    stopped on purpose: stack, and service of its files.
    """
    shown = [_as_meant(one, stopped) for one in seen.containers if not is_ours(one)]
    seen = replace(seen, containers=shown, counted=seen.counted - len(seen.containers) + len(shown))
    beside, shelf, stacks = compared or {}, Shelf(seen.images), sorted_into_stacks(seen.containers)
    own = addresses(seen)
    found = [
        *_engine(seen),
        *running.judge(seen.containers, shelf),
        *_taken(own, elsewhere or {}),
        *tracking.judge(stacks, seen, beside, adopting),
        *exposure.judge(seen.containers),
        *data.judge(seen.containers, root),
        *_loose(seen.containers),
    ]
    found.sort(key=lambda one: WEIGHTS.index(one.weight))
    kinds: dict[str, list[str]] = {}
    for problem in found:
        for name in problem.stacks:
            if problem.kind not in kinds.setdefault(name, []):
                kinds[name].append(problem.kind)
    return {
        "problems": [_problem(one) for one in found[:MOST_PROBLEMS]],
        "counts": {weight: sum(one.weight == weight for one in found) for weight in WEIGHTS},
        "stacks": [_stack(one, seen, shelf, beside, kinds) for one in _bounded(stacks)],
        "stack_count": sum(bool(one.name) for one in stacks),
        "container_count": len(seen.containers),
        "running_count": sum(one.is_running for one in seen.containers),
        "vanished_count": max(seen.counted - len(seen.containers), 0),
        "engine_version": seen.engine_version,
        "addresses": sorted(own)[:MOST_SHOWN],
        "updates": NOT_ASKED,
    }


def is_ours(one: Container) -> bool:
    """Say whether a container is one that Calcifer never starts, so that its image stays (drivers/keep.sh)."""
    return one.name.startswith("calcifer-kept.") and not one.stack


def _as_meant(one: Container, stopped: frozenset[tuple[str, str]]) -> Container:
    """Return what was stopped on purpose as such: how it ended says nothing of it."""
    if one.status == "exited" and (one.stack, one.service) in stopped:
        return replace(one, status="stopped on purpose", exit_code=0, error="")
    return one


def addresses(seen: Seen) -> dict[str, str]:
    """Return the addresses that containers have in the network of the host itself (macvlan, ipvlan), with the container's label."""
    return {
        address: one.label
        for one in seen.containers
        if one.is_running
        for network, address in one.addresses
        if seen.drivers.get(network) in LAN
    }


def _engine(seen: Seen) -> Iterator[Problem]:
    if "docker" in seen.lacks:
        yield Problem(
            "bad", "engine", "There is no docker on this host.", "calcifer hosts check says how to install it."
        )
    elif seen.engine_error:
        sentence = f"The container engine does not answer: {seen.engine_error.rstrip('.')}."
        yield Problem("bad", "engine", sentence, "calcifer hosts check says what mends it.")
    left = seen.counted - len(seen.containers)
    if left > 0 and seen.complaint:
        sentence = f"The engine did not tell of {some(left, 'container')}: {seen.complaint.rstrip('.')}."
        yield Problem("bad", "engine", sentence, "Look again; where it stays so, type on the host: docker ps --all")


def _taken(own: dict[str, str], elsewhere: dict[str, list[str]]) -> Iterator[Problem]:
    for host, claimed in sorted(elsewhere.items()):
        for address in sorted(set(claimed) & set(own)):
            yield Problem(
                "warn", "address",
                f"{own[address]} has the address {address} of its own, and so has a container on {host}: in one network only "
                "one of them is reached.",
                "Give one of them another 'ipv4_address:' in its compose file.",
                (own[address],), 1, frozenset({own[address].partition("/")[0]}),
            )  # fmt: skip


def _loose(containers: Iterable[Container]) -> Iterator[Problem]:
    names = [one.name for one in containers if not one.stack and not one.swarm and not one.is_one_off]
    if names:
        yield Problem(
            "hint", "loose",
            f"{some(len(names), 'container', 'belongs', 'belong')} to no compose project: how to make it again is in no file.",
            "Write a compose file that says the same, stop the container, then docker compose up -d.",
            tuple(names[:MOST_SHOWN]), len(names), frozenset({""}),
        )  # fmt: skip


def _bounded(stacks: list[Stack]) -> list[Stack]:
    return stacks if len(stacks) <= MOST_STACKS else stacks[:MOST_STACKS]


def _problem(one: Problem) -> dict[str, Any]:
    return {
        "weight": one.weight,
        "kind": one.kind,
        "sentence": one.sentence,
        "mend": one.mend,
        "where": list(one.where),
        "places": one.places,
    }


def _stack(
    stack: Stack, seen: Seen, shelf: Shelf, compared: dict[str, Compared], kinds: dict[str, list[str]]
) -> dict[str, Any]:
    place, beside = place_of(stack, seen), compared.get(stack.directory)
    git = tracked(place)
    return {
        "name": stack.name,
        "directory": stack.directory,
        "is_there": place.state if place else "unknown",
        "files": [{"path": path, "is_there": seen.files.get(path, "unknown")} for path in stack.files[:MOST_SHOWN]],
        "service": beside.service if beside else None,
        "git": {
            "state": git.state, "branch": git.branch, "commit": git.commit, "ahead": git.ahead, "behind": git.behind,
            "has_upstream": git.has_upstream, "changed": git.changed[:MOST_SHOWN],
        },
        "main": {
            "commit": beside.commit, "changed": list(beside.changed[:MOST_SHOWN]), "missing": list(beside.missing[:MOST_SHOWN]),
            "reason": beside.reason,
        } if beside else None,
        "kinds": kinds.get(stack.name, []),
        "container_count": len(stack.containers),
        "running_count": sum(one.is_running for one in stack.containers),
        "containers": [_container(one, shelf) for one in stack.containers[:MOST_CONTAINERS]],
    }  # fmt: skip


def _container(one: Container, shelf: Shelf) -> dict[str, Any]:
    named = shelf.named(one.image)
    return {
        "name": one.name,
        "service": one.service,
        "image": one.image if is_fixed(one.image) else familiar(one.image),
        "digest": shelf.digest(one.image_id),
        "built": shelf.created(one.image_id),
        "has_newer": named is not None and named.id != one.image_id and one.is_running,
        "status": one.status,
        "health": one.health if one.has_check else "unchecked",
        "ports": listed([str(port) for port in dict.fromkeys(one.published)], 20),
    }
