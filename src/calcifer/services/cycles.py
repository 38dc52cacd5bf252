"""The only place that finds services which depend on themselves by way of others."""

from collections import defaultdict, deque
from collections.abc import Iterable


def cycles_through(name: str, edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the shortest cycle through `name` by way of each of its dependencies that leads back: `[name, …, name]`.

    `edges` are (dependent, dependency).
    """
    onward: dict[str, list[str]] = defaultdict(list)
    back: dict[str, list[str]] = defaultdict(list)
    for dependent, dependency in edges:
        onward[dependent].append(dependency)
        back[dependency].append(dependent)
    next_step = _steps_towards(name, back)
    return [
        _follow(name, first, next_step) for first in sorted(set(onward[name])) if first == name or first in next_step
    ]


def _steps_towards(name: str, back: dict[str, list[str]]) -> dict[str, str]:
    """Map each service that leads to `name` to the next one on a shortest way there."""
    steps: dict[str, str] = {}
    waiting = deque([name])
    while waiting:
        reached = waiting.popleft()
        for dependent in sorted(back[reached]):
            if dependent != name and dependent not in steps:
                steps[dependent] = reached
                waiting.append(dependent)
    return steps


def _follow(name: str, first: str, next_step: dict[str, str]) -> list[str]:
    way = [name, first]
    while way[-1] != name:
        way.append(next_step[way[-1]])
    return way
