"""The only place that judges whether containers run, will run again, and could say that they do not; pure."""

import shlex
from collections.abc import Iterable, Iterator

from calcifer.deployments.looking.images import Shelf, familiar, is_latest
from calcifer.deployments.looking.ports import clashes
from calcifer.deployments.looking.problems import MOST_SHOWN, Problem, gathered, listed, some
from calcifer.deployments.looking.seen import Container

STOPPED = {0, 137, 143}
"""Exit codes of what has done its work, or was told to end (128 + SIGKILL, 128 + SIGTERM)."""
FRESH_SECONDS = 120
"""The engine waits up to a minute before it starts again what has ended (Docker, restart policies)."""
MOST_FAILING = 50


def judge(containers: list[Container], shelf: Shelf) -> Iterator[Problem]:
    """Yield what is wrong with containers as the engine runs them."""
    yield from _failing(containers)
    yield from _clashing(containers)
    yield from _outdated(containers, shelf)
    mine = [one for one in containers if one.is_running and not one.is_one_off and not one.swarm]
    yield from gathered(
        "warn",
        "restart",
        ((one, "") for one in mine if one.restart in {"", "no"}),
        lambda count: f"{some(count, 'container', 'does', 'do')} not come back after a reboot: no restart policy.",
        "Write 'restart: unless-stopped' to each of these services in the compose file, then docker compose up -d.",
    )
    yield from gathered(
        "hint",
        "health",
        ((one, "") for one in mine if not one.has_check),
        lambda count: f"Of {some(count, 'container')} nobody knows whether what runs in it works: no health check.",
        "Write a 'healthcheck:' to these services: a command that fails while the service does not answer.",
    )
    yield from gathered(
        "hint",
        "latest",
        ((one, one.image) for one in containers if not one.is_one_off and is_latest(one.image)),
        lambda count: (
            f"{some(count, 'container', 'takes', 'take')} whatever image is newest (':latest', or no tag): "
            "which version runs is in no file, and there is no way back."
        ),
        "Name the version in the compose file ('image: name:1.2.3'), or pin the digest ('name@sha256:…').",
    )


def _failing(containers: Iterable[Container]) -> Iterator[Problem]:
    found = [(one, why) for one in containers if (why := _why_failing(one))]
    for one, why in found[:MOST_FAILING]:
        mend = f"docker logs --tail 50 {shlex.quote(one.name)}"
        yield Problem("bad", "failing", f"{one.label} {why}", mend, (one.label,), 1, frozenset({one.stack}))
    yield from gathered(
        "bad",
        "failing",
        ((one, one.status) for one, _ in found[MOST_FAILING:]),
        lambda count: f"{some(count, 'more container', 'does', 'do')} not run as meant.",
        "docker ps --all shows them",
    )


def _why_failing(one: Container) -> str:
    why = _why_ended(one)
    if not why and one.health == "unhealthy" and one.is_running:
        why = "is unhealthy: its health check fails."
    return why


def _why_ended(one: Container) -> str:
    again = f"was started again {one.restarts:,} times"
    error = one.error.rstrip(".")
    is_fresh = one.up_seconds is not None and abs(one.up_seconds) < FRESH_SECONDS
    if one.status == "restarting":
        return f"does not stay up: it ended with {one.exit_code}, and {again}."
    if one.status == "running" and one.restarts and is_fresh:
        return f"does not stay up: it {again}, the last time just now."
    if one.status == "dead":
        return "is dead: the engine could not remove it."
    if one.status == "created" and error:
        return f"could not be started: {error}."
    if one.status == "exited" and one.exit_code not in STOPPED and not one.is_one_off:
        return f"has ended with {one.exit_code}{': ' if error else ''}{error}."
    return ""


def _clashing(containers: list[Container]) -> Iterator[Problem]:
    for clash in clashes(containers):
        running = [one for one in clash.containers if one.is_running]
        first = sorted(clash.containers, key=lambda one: (not one.is_running, one.label))
        if len(running) == len(clash.containers):
            continue  # the engine lets them: nothing clashes
        labels = list(dict.fromkeys(one.label for one in first))
        has = f", {running[0].label} has it now" if running else ""
        yield Problem(
            "bad" if any(one.status == "created" and one.error for one in clash.containers) else "warn",
            "ports",
            f"Port {clash.port} is wanted by {listed(labels)}: only one of them can run{has}.",
            "Publish another port of the host in one of the compose files ('ports:'), or remove what is not needed.",
            tuple(labels[:MOST_SHOWN]),
            len(labels),
            frozenset(one.stack for one in clash.containers),
        )


def _outdated(containers: list[Container], shelf: Shelf) -> Iterator[Problem]:
    def newer(one: Container) -> bool:
        named = shelf.named(one.image)
        return named is not None and named.id != one.image_id and bool(one.image_id)

    yield from gathered(
        "warn",
        "image",
        ((one, familiar(one.image)) for one in containers if one.is_running and not one.is_one_off and newer(one)),
        lambda count: (
            f"{some(count, 'container', 'runs', 'run')} an image that its name does not mean here any more: a new one was pulled "
            "or built, and never started."
        ),
        "docker compose up -d in the stack's directory starts the new image.",
    )
