"""The only place that remembers what was worked out about objects: they never change, so neither does that."""

import threading
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Known(Generic[Found]):
    """What lies between pairs of trees, for as long as there is room; what is over `largest` is not kept."""

    def __init__(self, *, pairs: int = 1000, largest: int = 200) -> None:
        """Keep the newest `pairs`."""
        self._lock = threading.Lock()
        self._room, self._largest = pairs, largest
        self._pairs: dict[tuple[str, str], tuple[Found, ...]] = {}

    def get(self, old: str, new: str) -> tuple[Found, ...] | None:
        """Return what is known of a pair."""
        return self._pairs.get((old, new))

    def put(self, old: str, new: str, found: tuple[Found, ...]) -> None:
        """Keep it; the oldest one goes."""
        if len(found) > self._largest:
            return
        with self._lock:
            if len(self._pairs) >= self._room:
                self._pairs.pop(next(iter(self._pairs)))
            self._pairs[old, new] = found
