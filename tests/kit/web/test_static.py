"""Static files."""

import gzip
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

CSS_LIMIT_BYTES = 20_000
SCRIPT_LIMIT_BYTES = 40_000


def test_a_page_names_what_it_needs_by_content(client: TestClient) -> None:
    page = client.get("/").text
    named = re.findall(r'(?:href|src)="(/static/[^"#]+)', page)
    assert any(re.fullmatch(r"/static/calcifer\.[0-9a-f]{12}\.css", path) for path in named)
    for path in set(named):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_first_visit_is_small(client: TestClient) -> None:
    page = client.get("/").text
    styles = re.findall(r'<link rel="stylesheet" href="([^"]+)', page)
    scripts = re.findall(r'<script src="([^"]+)', page)
    files = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    assert sum(len(gzip.compress(client.get(path).content)) for path in styles) <= CSS_LIMIT_BYTES
    assert sum(len(gzip.compress(client.get(path).content)) for path in scripts) <= SCRIPT_LIMIT_BYTES
    assert 1 + len(files) <= 6


def test_it_is_sent_compressed_to_whom_can_read_that(client: TestClient) -> None:
    path = re.findall(r'href="(/static/calcifer[^"]+)', client.get("/").text)[0]
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["content-type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["x", "../gate.py", "%2e%2e/gate.py", "calcifer.css", "css/2-tokens.css", "/etc/passwd", ""]
)
def test_nothing_else_is_sent(client: TestClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_a_name_from_markup_has_no_address_where_it_is_not_built(client: TestClient) -> None:
    site = client.app.state.site  # type: ignore[attr-defined]
    assert site.static.path("vendor/nothing.js") is None
    built = Path(__file__).parents[3] / "src/calcifer/kit/web/static/vendor/htmx.min.js"
    assert (site.static.path("vendor/htmx.min.js") is not None) == built.exists()
