"""The only place that takes a title and a first paragraph out of a README."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from calcifer.services.marked_yaml import shown

NAMES = ("README.md", "readme.md", "Readme.md", "README.markdown", "README.rst", "README.txt", "README", "readme.txt")
BEGINNING = 3000
"""How many bytes of it are looked at."""
_MARKDOWN = MarkdownIt("commonmark")


def introduction(read: Callable[[str], bytes | None]) -> tuple[str | None, str | None]:
    """Return title and first paragraph of the repository's README as plain text, each None where there is none; words that only
    lead to a list or a block ("Project structure:") are no such paragraph.
    """
    content = next((found for name in NAMES if (found := read(name)) is not None), None)
    if not content or b"\0" in content[:BEGINNING]:
        return None, None
    return _introduction(content[:BEGINNING])


@lru_cache(maxsize=1024)
def _introduction(content: bytes) -> tuple[str | None, str | None]:
    tokens = _MARKDOWN.parse(content.decode("utf-8", "replace").lstrip("\ufeff"))
    title = paragraph = None
    for before, token in pairwise(tokens):
        if before.level:
            continue  # inside a list or a quotation
        text = shown(" ".join(_text(token.children or ()).split()), 1000) if token.type == "inline" else ""
        if before.type == "heading_open" and title is None and text:
            title = text
        elif before.type == "paragraph_open" and paragraph is None and text and not text.endswith(":"):
            paragraph = text
    return (shown(title, 200) if title else None), paragraph


def _text(tokens: Sequence[Token]) -> str:
    """Return what people read of a line: no pictures, no HTML, of links their text."""
    found = {"softbreak": " ", "hardbreak": " "}
    return "".join(
        found.get(token.type, token.content if token.type in {"text", "code_inline"} else "") for token in tokens
    )
