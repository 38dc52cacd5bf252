"""The only place that turns Markdown into HTML that is safe to show: CommonMark without raw HTML, cleaned once more by nh3."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.tasklists import tasklists_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LONGEST_HIGHLIGHTED = 100_000
_formatter = HtmlFormatter(nowrap=True)


def _highlighted(code: str, language: str, _attributes: str) -> str:
    if not language or len(code) > LONGEST_HIGHLIGHTED:
        return ""
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return ""
    return str(highlight(code, lexer, _formatter))


_parser = (
    MarkdownIt("commonmark", {"html": False, "linkify": False, "highlight": _highlighted})
    .enable(["table", "strikethrough"])
    .use(tasklists_plugin, label=True)
)
TAGS = """
    a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img input kbd label li ol p pre s span strong sub
    summary sup table tbody td th thead tr ul
"""
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "input": {"checked", "disabled"},
    "code": {"class"},
    "span": {"class"},
    "li": {"class"},
    "ul": {"class"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def _cleaning(attributes: dict[str, set[str]]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(TAGS.split()),
        attributes=attributes,
        tag_attribute_values={"input": {"type": {"checkbox"}}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


_cleaner = _cleaning(ATTRIBUTES)
_document_cleaner = _cleaning(ATTRIBUTES | {heading: {"id"} for heading in HEADINGS})


@lru_cache(maxsize=256)
def markdown(text: str) -> Markup:
    """Render `text`; links lead to http, https, mailto or a path, nowhere else."""
    return Markup(_cleaner.clean(_parser.render(text)))  # noqa: S704  (cleaned)


class Resolve(Protocol):
    """Says where a link or an image of a document leads: an address, or None for nowhere."""

    def __call__(self, url: str, /, *, is_image: bool) -> str | None:
        """Return the address for what the document says."""


def document(text: str, resolve: Resolve) -> Markup:
    """Render a whole document: `resolve` decides where links and images lead, headings can be linked to as `#doc-<words>`."""
    tokens = _parser.parse(text)
    _resolve(tokens, resolve)
    _name_headings(tokens)
    return Markup(_document_cleaner.clean(_parser.renderer.render(tokens, _parser.options, {})))  # noqa: S704  (cleaned)


def _resolve(tokens: Iterable[Token], resolve: Resolve) -> None:
    for token in tokens:
        attribute = {"link_open": "href", "image": "src"}.get(token.type)
        if attribute is not None:
            address = resolve(str(token.attrs.get(attribute, "")), is_image=attribute == "src")
            if address is None:
                token.attrs.pop(attribute, None)
            else:
                token.attrs[attribute] = address
        _resolve(token.children or (), resolve)


def _name_headings(tokens: list[Token]) -> None:
    seen: dict[str, int] = {}
    for token, inline in pairwise(tokens):
        if token.type != "heading_open":
            continue
        words = "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))
        slug = re.sub(r"[^\w\- ]", "", words.lower()).strip().replace(" ", "-")[:200]
        count = seen[slug] = seen.get(slug, -1) + 1
        token.attrs["id"] = f"doc-{slug}" + (f"-{count}" if count else "")
