"""The only place that makes the template environment: "work/item.html" is `calcifer/work/templates/item.html`."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined
from jinja2.runtime import Context, Macro
from markupsafe import Markup

from calcifer.kit.legible import plural
from calcifer.kit.web.markdown import markdown

KEPT = 2048
"""How many rows of lists are kept: a few hundred bytes each."""
NEVER = Markup('<span class="quiet">never</span>')
STEPS = (
    (86400 * 365, "year"),
    (86400 * 30, "month"),
    (86400 * 7, "week"),
    (86400, "day"),
    (3600, "hour"),
    (60, "minute"),
)


class DirectContext(Context):
    """Calls what a template calls, and nothing else.

    Jinja looks at each callable six times, to see whether it wants the context: at a list of 50 rows that is a third of the
    page's time. No function here wants it (a macro without it escapes as the environment does, which is always).
    """

    def call(self, called: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call `called`; what the compiler adds for those that want the context is left out."""
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(*args, **kwargs)


def environment(packages: Mapping[str, str]) -> Environment:
    """Make the environment; `packages` maps the first part of a template's name to the package that has its `templates`."""
    made = Environment(
        loader=PrefixLoader(
            {"kit": PackageLoader("calcifer.kit.web"), **{k: PackageLoader(v) for k, v in packages.items()}}
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.context_class = DirectContext
    made.filters |= {
        "ago": ago,
        "instant": instant,
        "short": short,
        "markdown": markdown,
        "size": size,
        "plural": plural,
        "duration": duration,
    }
    made.globals["kept"] = lru_cache(maxsize=KEPT, typed=True)(_kept)
    return made


def _kept(macro: Macro, *shown: object) -> Markup:
    """Return what an imported macro makes of these values; what it made of them before is kept, a row of a list for example.

    An imported macro sees nothing but its arguments. They are told apart by their types, too: a text is escaped, markup is not.
    """
    made: Markup = macro(*shown)  # type: ignore[assignment]  # with autoescape, which is always on
    return made


def short(commit: str) -> str:
    """Return the first 10 characters of an object id."""
    return commit[:10]


def duration(seconds: float) -> str:
    """Put a length of time into words, in its largest unit."""
    for length, unit in STEPS:
        if seconds >= length:
            return plural(int(seconds // length), unit)
    return plural(int(seconds), "second")


def ago(at: datetime | None, now: datetime | None = None) -> Markup:
    """Return how long ago `at` was, with the exact instant on hover and for programs; “never” where it was not yet."""
    if at is None:
        return NEVER
    seconds = (now.timestamp() if now else time.time()) - at.timestamp()
    return _past(at, int(seconds // 60)) if seconds >= 60 else _time(at, _near(seconds))


@lru_cache(maxsize=4096)
def _past(at: datetime, minutes: int) -> Markup:
    return _time(at, f"{duration(minutes * 60)} ago")


def _time(at: datetime, words: str) -> Markup:
    exact = at.astimezone(UTC).isoformat("T", "seconds")[:19]
    # Digits and our own words only: escaping them would take longer than all the rest of a list's row.
    return Markup(f'<time datetime="{exact}Z" title="{exact[:10]} {exact[11:]} UTC">{words}</time>')  # noqa: S704


def _near(seconds: float) -> str:
    if abs(seconds) < 10:
        return "just now"
    return f"{duration(seconds)} ago" if seconds > 0 else f"in {duration(-seconds)}"


def instant(at: datetime | None) -> Markup:
    """Return the exact instant."""
    if at is None:
        return NEVER
    exact = at.astimezone(UTC)
    return Markup(f'<time datetime="{exact:%Y-%m-%dT%H:%M:%S}Z">{exact:%Y-%m-%d %H:%M:%S} UTC</time>')  # noqa: S704


def size(count: int) -> str:
    """Put a number of bytes into words (powers of ten, as in the International System of Units)."""
    if count < 1000:
        return plural(count, "byte")
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5:
            return f"{value:.3g} {unit}"
    return f"{value / 1000:,.3g} TB"
