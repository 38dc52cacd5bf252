"""Markdown that anybody may have written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcifer.kit.web.markdown import markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "[x](http://a \"onmouseover='alert(1)'\")",
    "<style>*{display:none}</style>",
    "<iframe src=//e.example></iframe>",
    '```"><script>alert(1)</script>\n```',
    "`<script>`",
    "<form action=/accounts/make-token><button>",
    '<a href="/x" style="position:fixed">',
    "<svg onload=alert(1)>",
    "<!-- <script> -->",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_it_runs(text: str) -> None:
    html = str(markdown(text)).lower()
    tags = " ".join(re.findall(r"<[^>]*>", html))
    assert not re.search(
        r"<(script|style|iframe|form|button|svg|!--)|\s(on\w+|style)=|(href|src)=.(javascript|vbscript|data):", tags
    )


@given(
    st.lists(st.sampled_from([*HOSTILE, "# x", "- [ ] y", "\n", "*", "`", "[", "](", ">", "<"]), max_size=8).map(
        "".join
    )
)
def test_nothing_in_any_mixture_runs(text: str) -> None:
    html = str(markdown(text)).lower()
    assert "<script" not in html
    assert 'href="javascript' not in html


def test_it_is_what_people_write() -> None:
    html = str(markdown("# Title\n\n- [x] done\n\n| a |\n|---|\n| 1 |\n\n~~old~~ `code` <https://example.org>"))
    assert "<h1" in html
    assert 'type="checkbox"' in html
    assert "<table>" in html
    assert "<code>code</code>" in html
    assert 'href="https://example.org"' in html
    assert 'rel="noopener' in html


def test_code_is_coloured_by_classes() -> None:
    assert '<span class="' in str(markdown("```yaml\nimage: nginx\n```"))
    assert "nginx" in str(markdown("```nolanguage\nnginx\n```"))
