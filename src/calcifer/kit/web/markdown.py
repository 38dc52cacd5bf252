"""The only place that turns Markdown into HTML that is safe to show: CommonMark without raw HTML, cleaned once more by nh3."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
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
    .use(tasklists_plugin)
)
TAGS = """
    a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img input kbd li ol p pre s span strong sub
    summary sup table tbody td th thead tr ul
"""
_cleaner = nh3.Cleaner(
    tags=set(TAGS.split()),
    attributes={
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
    },
    tag_attribute_values={"input": {"type": {"checkbox"}}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)


@lru_cache(maxsize=256)
def markdown(text: str) -> Markup:
    """Render `text`; links lead to http, https, mailto or a path, nowhere else."""
    return Markup(_cleaner.clean(_parser.render(text)))  # noqa: S704  (cleaned)
