"""The only place that makes icons and badges; each is made once, because lists show the same few again and again."""

from functools import cache

from markupsafe import Markup

from calcifer.kit.web.static import StaticFiles

STATES = {
    "open": ("circle-dot", "info"),
    "completed": ("circle-check", "good"),
    "dropped": ("circle-minus", "quiet"),
    "pass": ("circle-check", "good"),
    "fail": ("circle-x", "bad"),
    "waived": ("shield-alert", "warn"),
    "pending": ("clock", "quiet"),
    "running": ("loader-circle", "info"),
    "failed": ("circle-x", "bad"),
    "done": ("circle-check", "good"),
    "clean": ("circle-check", "good"),
    "dirty": ("pencil", "warn"),
    "ahead": ("arrow-up", "info"),
    "behind": ("arrow-down", "info"),
    "diverged": ("split", "bad"),
    "unknown": ("circle-question-mark", "quiet"),
    "missing": ("circle-question-mark", "bad"),
    "broken": ("triangle-alert", "bad"),
    "conflict": ("triangle-alert", "bad"),
    "ok": ("circle-check", "good"),
    "ready": ("circle-check", "good"),
    "lacking": ("triangle-alert", "warn"),
    "unreachable": ("wifi-off", "bad"),
    "unchecked": ("circle-question-mark", "quiet"),
    "replaced": ("archive", "quiet"),
    "good": ("circle-check", "good"),
    "current": ("circle-check", "good"),
    "elsewhere": ("git-fork", "warn"),
    "never": ("circle-dashed", "quiet"),
    "held": ("pause", "warn"),
    "returned": ("rotate-ccw", "warn"),
    "cancelled": ("circle-x", "quiet"),
}
"""State to icon (Lucide's name) and colour; a state that is not here gets a circle."""


class Icons:
    """The filters `icon` and `badge`; nothing is shown for an icon where the sprite has not been built."""

    def __init__(self, static: StaticFiles) -> None:
        """Take icons from the sprite in `static`."""
        self._sprite = static.path("vendor/icons.svg")
        self.icon = cache(self._icon)
        self._known = cache(self._badge)

    def _icon(self, name: str) -> Markup:
        use = Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>')
        return use.format(self._sprite, name) if self._sprite else Markup()

    def badge(self, state: str, word: str | None = None) -> Markup:
        """Return a state as icon, word and colour; `word` where it is called otherwise here."""
        return self._known(state, None) if word is None else self._badge(state, word)

    def _badge(self, state: str, word: str | None) -> Markup:
        icon, colour = STATES.get(state, ("circle", "quiet"))
        badge = Markup('<span class="badge {}">{}{}</span>')
        return badge.format(colour, self.icon(icon), word or state.capitalize())
