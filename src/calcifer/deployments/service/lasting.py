"""The only place that sees something lasting through on a host: patient while it is away, begun again where it was cut off."""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TypeVar

from calcifer.deployments import running
from calcifer.deployments.shipping import Place
from calcifer.kit.errors import Conflict, Unavailable
from calcifer.kit.legible import unescaped

T = TypeVar("T")
PATIENCE_SECONDS = 180.0
"""How long a host may be away once something has begun there: a restart takes less."""
LOOK_SECONDS = 1.0
MOST_RUNS = 3
"""How often a run is begun again that was cut off."""


class NotDone(Conflict):
    """It ran, and said that it failed, or it was cut off each time."""


def patiently(ask: Callable[[], T]) -> T:
    """Ask again while the host is away, up to PATIENCE_SECONDS."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except Unavailable:
            if time.monotonic() > until:
                raise
            time.sleep(LOOK_SECONDS)


def carry(
    place: Place,
    name: str,
    script: str,
    var: Path,
    what: str,
    *,
    done: int,
    cut_off: Callable[[int], None],
    during: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> None:
    """Run a script on the host as the run `name`-`done`, or find it there; NotDone where `what` fails.

    Where it was cut off, `cut_off` is told the number of the next run, which it notes; `during` is around each run, by its name.
    """
    logs(var).mkdir(parents=True, exist_ok=True)
    for number in range(done, done + MOST_RUNS):
        run = f"{name}-{number}"
        log = log_of(var, run)
        try:
            with during(run):
                code = patiently(partial(running.run, place, run, script, log))
        except running.CutOff:
            cut_off(number + 1)
            continue
        if code:
            raise NotDone(f"{what} ended with {code}: {last_words(log)}")
        return
    raise NotDone(f"{what} was cut off {MOST_RUNS} times before its end.")


def logs(var: Path) -> Path:
    """Return where what runs say is kept."""
    return var / "logs" / "deployments"


def log_of(var: Path, name: str) -> Path:
    """Return the file for what a run says."""
    return logs(var) / f"{name}.log"


def last_words(file: Path) -> str:
    """Return the last lines that say what is wrong, without what a terminal would obey."""
    with file.open("rb") as opened:
        opened.seek(max(file.stat().st_size - 8000, 0))
        lines = [line.strip() for line in plain(opened.read()).splitlines()]
    told = [line for line in lines if line]
    wrong = [line for line in told if re.search("error|failed|denied|not found", line, re.IGNORECASE)] or told
    return (" · ".join(dict.fromkeys(wrong[-2:])) or "it said nothing")[:500]


def plain(said: bytes) -> str:
    """Return what was said without what a terminal or a page would obey."""
    text = unescaped(said.decode("utf-8", "replace")).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
