"""Whether a host runs the version that was asked for: pure, from what the host says of its containers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from calcifer.deployments.drivers.compose import Container, State

STEADY = timedelta(seconds=5)
"""How long a container has to run that has no health check."""
MOST_RESTARTS = 2
Standing = Literal["good", "waiting", "bad"]


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

    @property
    def standing(self) -> Standing:
        """The worst of all."""
        found = {word.standing for word in self.words}
        return "bad" if "bad" in found or not found else "waiting" if "waiting" in found else "good"

    @property
    def sentence(self) -> str:
        """What keeps it from being good; that it is, where nothing does."""
        if not self.words:
            return "The compose files have no service that would run."
        if self.standing != "good":
            return " ".join([word.sentence for word in self.words if word.standing == self.standing][:5])
        return self.words[0].sentence if len(self.words) == 1 else f"All {len(self.words)} run as asked."


def judge(state: State, before: State | None = None) -> Verdict:
    """Compare what runs with what the files ask for; `before` says how often containers had been restarted until then."""
    if state.broken:
        return Verdict((Word("", "bad", f"Compose cannot read the files: {state.broken}"),))
    earlier = {one.id: one.restarts for one in before.containers} if before else {}
    return Verdict(tuple(word for name in sorted(state.hashes) for word in _words(state, name, earlier)))


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
    return ("good", "is running") if is_steady else ("waiting", "has just been started")
