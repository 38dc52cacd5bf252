"""How fast this machine is at present: a test may say that something takes seconds and not minutes, and mean it anywhere.

What is measured is the time on the processor of this process and of those that it has started, in units of a loop that takes 3 ms
on the machine that the limits were set on: neither a slower machine nor others that use it make a test fail.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOP_SECONDS = 0.003


def loop_seconds() -> float:
    """Return the least time that adding up 100,000 numbers takes here, in seconds on the processor."""
    times = []
    for _ in range(5):
        began = time.process_time()
        sum(range(100_000))
        times.append(time.process_time() - began)
    return min(times)


def _taken() -> float:
    return sum(os.times()[:4])


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail where the block takes more than `seconds` on the processor, as the machine that the limits were set on counts them."""
    before = loop_seconds()
    began = _taken()
    yield
    taken = _taken() - began
    pace = max(before, loop_seconds(), LOOP_SECONDS) / LOOP_SECONDS
    assert taken < seconds * pace, (
        f"It took {taken:.1f} s; {seconds * pace:.1f} are allowed at the pace of this machine."
    )
