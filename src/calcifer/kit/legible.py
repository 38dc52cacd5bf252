"""The only place that makes text fit to be read: counted, and with bytes in it spelled out that were none (names in Latin-1, say).

Python keeps such bytes as lone surrogates, which no page, answer or database takes.
"""

import re

_LONE = re.compile("[\ud800-\udfff]")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]{0,99}[ -/]*[@-~]|\][^\x07\x1b]{0,500}(?:\x07|\x1b\\)?|[@-Z\\-_])")


def legible(text: str) -> str:
    """Return `text` with every byte that is no UTF-8 spelled out, such as ⟨0xE9⟩."""
    return text if text.isascii() else _LONE.sub(spelled, text)


def unescaped(text: str) -> str:
    """Return `text` without what a terminal would obey and not show: colours, titles, movements (ECMA-48 escape sequences)."""
    return _ESCAPES.sub("", text)


def printable(text: str, most: int = 500) -> str:
    """Return up to `most` characters of `text` on one line, each that is none to be read replaced by a space."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:most]


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return "1 commit", "2 commits"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def spelled(found: re.Match[str]) -> str:
    """Return a character as ⟨0xE9⟩ (a byte) or ⟨U+202E⟩."""
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"⟨0x{code:02X}⟩" if code < 0x100 else f"⟨U+{code:04X}⟩"
