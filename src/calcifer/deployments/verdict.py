"""Whether a host runs the version that was asked for: pure, from what the host says of its containers."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from calcifer.deployments.drivers.compose import Container, State

STEADY = timedelta(seconds=5)
"""How long a container has to run that has no health check, and how long one has to stay well that has."""
MOST_RESTARTS = 2
MOVING = ("running", "restarting", "paused", "removing")
Standing = Literal["good", "settling", "waiting", "bad"]
"""Settling is what runs, and may still turn out not to last."""


@dataclass(frozen=True)
class Word:
    """What is said of one service of the compose files: a whole sentence."""

    service: str
    standing: Standing
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """What is said of all of them: bad as soon as one is, good once all are."""

    words: tuple[Word, ...]
    when_good: str = "run as asked"

    @property
    def standing(self) -> Standing:
        """The worst of all."""
        found: set[Standing] = {word.standing for word in self.words}
        order: tuple[Standing, ...] = ("bad", "waiting", "settling", "good")
        return next((one for one in order if one in found), "bad")

    @property
    def sentence(self) -> str:
        """What keeps it from being good; that it is, where nothing does."""
        if not self.words:
            return "The compose files have no service that would run."
        if self.standing != "good":
            return " ".join([word.sentence for word in self.words if word.standing == self.standing][:5])
        return self.words[0].sentence if len(self.words) == 1 else f"All {len(self.words)} {self.when_good}."


def judge(state: State, before: State | None = None) -> Verdict:
    """Compare what runs with what the files ask for; `before` says how often containers had been restarted until then."""
    if state.broken:
        return Verdict((Word("", "bad", f"Compose cannot read the files: {state.broken}"),))
    earlier = {one.id: one.restarts for one in before.containers} if before else {}
    return Verdict(tuple(word for name in sorted(state.hashes) for word in _words(state, name, earlier)))


def alive(state: State, parts: Collection[str]) -> Verdict:
    """Say whether containers run, whatever they are made of: those of these services, or of all where none is named."""
    return _each(state, parts, lambda one: _alive(one, state.now), "run")


def at_rest(state: State, parts: Collection[str]) -> Verdict:
    """Say whether containers are stopped: those of these services, or of all where none is named."""
    return _each(state, parts, _still, "are stopped")


def _still(one: Container) -> tuple[Standing, str]:
    return ("waiting", f"is {one.status}") if one.status in MOVING else ("good", "is stopped")


def _each(
    state: State, parts: Collection[str], said: Callable[[Container], tuple[Standing, str]], when_good: str
) -> Verdict:
    words = []
    for one in state.containers:
        if not parts or one.service in parts:
            standing, what = said(one)
            words.append(Word(one.service, standing, f"{one.name} {what}."))
    gone = sorted(set(parts) - {one.service for one in words})
    return Verdict(tuple(words + [Word(name, "bad", f"{name} has no container.") for name in gone]), when_good)


def _words(state: State, name: str, earlier: dict[str, int]) -> Iterator[Word]:
    there = [one for one in state.containers if one.service == name]
    if not there:
        yield Word(name, "bad", f"{name} has no container.")
    for one in there:
        standing, what = _said(state, one, one.restarts - earlier.get(one.id, 0))
        yield Word(name, standing, f"{one.name} {what}.")


def _said(state: State, one: Container, restarts: int) -> tuple[Standing, str]:
    image = state.images.get(one.ref)
    if one.hash != state.hashes[one.service]:
        return "bad", "has another configuration than the files ask for"
    if image is not None and image.id != one.image:
        return "bad", f"runs another image than {one.ref} is now"
    if restarts > MOST_RESTARTS:
        return "bad", f"was started {restarts} times again; it last exited with {one.exit_code}"
    return _alive(one, state.now)


def _alive(one: Container, now: datetime | None) -> tuple[Standing, str]:
    if one.status == "running":
        return _running(one, now)
    if one.status == "exited" and one.exit_code == 0 and one.policy in ("", "no", "on-failure"):
        return "good", "has done its work and exited with 0"
    waiting = {
        "restarting": f"exited with {one.exit_code} and is started again",
        "created": "has not been started yet",
    }
    if one.status in waiting:
        return "waiting", waiting[one.status]
    return "bad", f"exited with {one.exit_code}" if one.status in ("exited", "dead") else f"is {one.status}"


def _running(one: Container, now: datetime | None) -> tuple[Standing, str]:
    by_health: dict[str, tuple[Standing, str]] = {
        "healthy": ("good", "is healthy"),
        "unhealthy": ("bad", "is not healthy"),
        "starting": ("waiting", "is not healthy yet"),
    }
    if one.health in by_health:
        return by_health[one.health]
    is_steady = now is not None and now - datetime.fromisoformat(one.started) >= STEADY
    return ("good", "is running") if is_steady else ("settling", "has just been started")


def settles_in(state: State, known: Collection[tuple[str, str]] = (), good_for: float = 0.0) -> float:
    """Return in how many seconds what runs will have been seen for long enough, 0 where it has.

    Without a health check that is STEADY since its start; with one, STEADY since all were good, which is `good_for` seconds ago.
    What is `known` (id, started) was running before, and does not wait.
    """
    left = [0.0]
    for one in state.containers:
        if one.status != "running" or (one.id, one.started) in known:
            continue
        if one.health:
            left.append(STEADY.total_seconds() - good_for)
        elif state.now is not None:
            left.append((STEADY - (state.now - datetime.fromisoformat(one.started))).total_seconds())
    return max(left)
