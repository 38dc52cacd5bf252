"""The only place that decides whether a text of a person says something, and that makes names from a repository safe to show."""

import re

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_UNDERLINED = re.compile(r"^[^\n]+\n {0,3}(?:=+|-+)[ \t]*$", re.MULTILINE)
_FORM = re.compile(
    r"^[ \t]*(?:#{1,6}(?:[ \t].*)?|(?:>[ \t]?)*(?:[-*+]|\d+[.)])(?:[ \t]+\[[ xX]\])?[ \t]*|[-*_=`~>|:. \t]+)$",
    re.MULTILINE,
)
_MARK = re.compile(r"^[ \t]*(?:>[ \t]?)*(?:(?:[-*+]|\d+[.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?", re.MULTILINE)
_WORDLESS = re.compile(r"[\W_]+")
# What forms are filled with to get past them, without anything but letters and digits.
_NOTHING = frozenset(
    {
        "todo",
        "tbd",
        "fixme",
        "na",
        "none",
        "no",
        "nothing",
        "ditto",
        "wip",
        "xxx",
        "notes",
        "note",
        "text",
        "placeholder",
    }
)


def said(text: str) -> str:
    """Return what is left of a Markdown text without comments, headings, rules, empty list marks and placeholders; stripped."""
    plain = _FORM.sub("", _UNDERLINED.sub("", _COMMENT.sub("", text)))
    lines = (_MARK.sub("", line).strip() for line in plain.splitlines())
    return "\n".join(line for line in lines if says_something(line)).strip()


def says_something(line: str) -> bool:
    """Whether a line has at least two letters or digits and is no mere placeholder ("TODO", "n/a", "…")."""
    words = _WORDLESS.sub("", line).lower()
    return len(words) > 1 and words not in _NOTHING


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return "1 commit", "2 commits"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
