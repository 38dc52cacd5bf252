"""The only place for delays that rise with failed attempts: guessing gets slow, and nobody is ever locked out for long.

In memory, since one process serves a workspace; a restart forgets, which costs an attacker's time and nobody else's.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable

from calcifer.kit.errors import Unavailable


class TooManyAttempts(Unavailable):
    """An attempt came before the delay was over; it was not looked at and does not count."""

    def __init__(self, seconds: float) -> None:
        """Say how long to wait."""
        super().__init__(f"There were too many failed attempts: try again in {max(1, round(seconds))} seconds.")
        self.seconds = seconds


class Delays:
    """Failed attempts by key (an address, a known browser); the delay doubles up to a minute and is forgotten after an hour."""

    FREE = 4
    LONGEST_SECONDS = 60.0
    FORGOTTEN_AFTER_SECONDS = 3600.0
    KEPT = 10_000

    def __init__(self, clock: Callable[[], float]) -> None:
        """Measure time with `clock`, in seconds."""
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, key: str) -> None:
        """Count an attempt as failed before it is looked at, so that parallel ones count; raises TooManyAttempts."""
        now = self._clock()
        with self._lock:
            count, last = self._failures.get(key, (0, now))
            if now - last > self.FORGOTTEN_AFTER_SECONDS:
                count = 0
            wait = min(self.LONGEST_SECONDS, 2.0 ** (count - self.FREE)) if count >= self.FREE else 0.0
            if last + wait > now and count:
                raise TooManyAttempts(last + wait - now)
            self._failures[key] = (count + 1, now)
            self._failures.move_to_end(key)
            while len(self._failures) > self.KEPT:
                self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of `key`."""
        with self._lock:
            self._failures.pop(key, None)
