"""Documents of a service: rendered without scripts, and what they link to stays among the pages of the service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from calcifer.services.references import Reference, resolved
from calcifer.wiring import Wiring
from tests.services.repositories import EVIL, PNG, committed
from tests.work.factories import service


@pytest.mark.parametrize(
    ("document", "url", "expected"),
    [
        ("README.md", "docs/setup.md", Reference("docs/setup.md")),
        ("docs/setup.md", "../README.md#Install", Reference("README.md", "doc-install")),
        ("docs/setup.md", "deep/../a%20b.md", Reference("docs/a b.md")),
        ("docs/setup.md", "/CHANGES.md", Reference("CHANGES.md")),
        ("docs/setup.md", "..", Reference("")),
        ("docs/setup.md", "?query", Reference("docs/setup.md")),
        ("docs/setup.md", "#Words-here", "#doc-words-here"),
        ("docs/setup.md", "https://example.org/a", "https://example.org/a"),
        ("docs/setup.md", "//example.org/a", "//example.org/a"),
        ("docs/setup.md", "mailto:ada@example.org", "mailto:ada@example.org"),
        ("docs/setup.md", "../../etc/passwd", None),
        ("docs/setup.md", "%2e%2e/%2e%2e/etc/passwd", None),
        ("docs/setup.md", "../.git/config", None),
        ("docs/setup.md", "a%00b", None),
        ("docs/setup.md", "a%5cb", None),
    ],
)
def test_a_link_is_resolved(document: str, url: str, expected: object) -> None:
    assert resolved(document, url) == expected


@given(st.text(), st.sampled_from(["README.md", "docs/a/b.md"]))
def test_no_link_leaves_the_repository(url: str, document: str) -> None:
    found = resolved(document, url)
    if isinstance(found, Reference):
        assert ".." not in found.path.split("/")
        assert not found.path.startswith("/")


def test_documents_are_listed_and_shown(client: TestClient, wiring: Wiring) -> None:
    path = service(wiring, "web")
    record = "---\nnumber: 7\ntitle: Pin nginx\n---\n# Pin nginx\n\nIt broke.\n"
    committed(path, {"CHANGES.md": "# Changes", "docs/a/b.md": "# Deep", ".calcifer/work/0007-pin-nginx.md": record})
    shown = client.get("/services/web/documentation").text
    assert "<h1" in shown
    assert "The proxy, on port 8080." in shown
    for link in ("CHANGES.md", "docs/a/b.md", ".calcifer/work/0007-pin-nginx.md"):
        assert f'href="/services/web/documentation?path={link}"' in shown
    told = client.get("/services/web/documentation?path=.calcifer/work/0007-pin-nginx.md").text
    assert "title: Pin nginx" in told
    assert "It broke." in told


def test_links_and_images_stay_inside(client: TestClient, wiring: Wiring) -> None:
    text = (
        "# Set up & go\n\n[setup](docs/setup.md#First) [compose](docker-compose.yml) [up](../../elsewhere) [here](#set-up--go)\n"
        "[out](https://example.org) [mail](mailto:ada@example.org) ![logo](docs/logo.png) [ref][r]\n\n[r]: docs/setup.md\n"
    )
    committed(service(wiring, "web"), {"README.md": text, "docs/setup.md": "# First", "docs/logo.png": PNG})
    shown = client.get("/services/web/documentation").text
    assert 'href="/services/web/documentation?path=docs/setup.md#doc-first"' in shown
    assert 'href="/services/web/files?path=docker-compose.yml"' in shown
    assert 'src="/services/web/raw?path=docs/logo.png"' in shown
    assert 'href="https://example.org"' in shown
    assert "elsewhere" not in shown
    assert 'id="doc-set-up--go"' in shown
    assert 'href="#doc-set-up--go"' in shown
    assert client.get("/services/web/raw?path=docs/logo.png").content == PNG


@pytest.mark.parametrize(
    "text",
    [
        EVIL,
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt&colon;alert(1))",
        "[a](data:text/html,<script>alert(1)</script>)",
        "![a](javascript:alert(1))",
        '<img src=x onerror="alert(1)">',
        "<a href='vbscript:x'>a</a>",
        '# <b id="main" onclick="x()">',
        f'[a](x "{EVIL}")',
        f"```{EVIL}\n{EVIL}\n```",
        f"---\ntitle: {EVIL}\n---\n{EVIL}",
        "<form action=/work/1/drop method=post><button>",
    ],
)
def test_no_document_is_script(client: TestClient, wiring: Wiring, text: str) -> None:
    committed(service(wiring, "web"), {"README.md": text})
    answer = client.get("/services/web/documentation")
    assert answer.status_code == 200
    prose = answer.text[answer.text.index("<article>") : answer.text.index("</article>")]
    for bad in (
        "<script>",
        'href="javascript',
        'src="javascript',
        "<img src=x",
        'href="data',
        'href="vb',
        "<b ",
        "<form",
    ):
        assert bad not in prose.lower()


def test_without_documents_the_next_step_is_named(client: TestClient, wiring: Wiring) -> None:
    path = service(wiring, "web")
    (path / "README.md").unlink()
    committed(path, {})
    assert "Write a README" in client.get("/services/web/documentation").text


def test_what_is_no_document_is_said_so(client: TestClient, wiring: Wiring) -> None:
    committed(service(wiring, "web"), {"README.md": b"\0binary", "docs/large.md": b"x" * 600_000})
    for query in ("", "?path=docs/large.md"):
        assert "no document that can be shown" in client.get("/services/web/documentation" + query).text
