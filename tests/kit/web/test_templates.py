"""Templates: filters, and every address that they name."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from calcifer.kit.legible import plural
from calcifer.kit.web.templates import ago, duration, size
from tests import source

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)

OF_A_SERVICE = {
    "/api/v1/deployments/logs": 422,
    "/api/v1/deployments/logs/follow": 422,
    "/api/v1/deployments/state": 422,
    "/deployments/logs": 422,
    "/deployments/state": 422,
    "/deployments/target": 422,
    "/secrets": 404,
}
"""Pages of a service that has to be named, and what they answer where none is."""


@pytest.mark.parametrize("template", source.templates(), ids=source.name_of)
def test_every_page_that_a_template_names_exists(app: FastAPI, template: Path) -> None:
    site = app.state.site
    text = re.sub(r"{#.*?#}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    optional = set(re.findall(r"""has_page\(\s*["']([\w.]+)["']""", text))
    named = set(re.findall(r"""(?<![\w.])path\(\s*["']([\w.]+\w)["']""", text)) - optional
    assert {name for name in named if not site.knows(name)} == set()


def test_every_template_compiles(app: FastAPI) -> None:
    templates = app.state.site.templates
    for name in templates.list_templates():
        templates.get_template(name)


def test_every_page_without_parameters_is_there(app: FastAPI, client: TestClient) -> None:
    pages = [route for route in app.routes if isinstance(route, APIRoute) and route.methods == {"GET"}]
    found = {route.path: client.get(route.path).status_code for route in pages if "{" not in route.path}
    assert len(found) > 10
    assert {path: status for path, status in found.items() if status != 200} == OF_A_SERVICE


def test_addresses_are_quoted(app: FastAPI) -> None:
    path = app.state.site.path
    assert path("activity.entries", service="a b&c", cursor=None) == "/activity?service=a%20b%26c"
    assert path("accounts.revoke_token", token_id=7) == "/accounts/tokens/7/revoke-token"
    assert path("accounts.revoke_token", token_id="../x?") == "/accounts/tokens/..%2Fx%3F/revoke-token"
    assert path("accounts.tokens", page=["a", "b"]) == "/accounts/tokens?page=a&page=b"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3, "just now"),
        (59, "59 seconds ago"),
        (60, "1 minute ago"),
        (7300, "2 hours ago"),
        (86400 * 400, "1 year ago"),
        (-90, "in 1 minute"),
    ],
)
def test_times_are_relative_with_the_exact_instant(seconds: int, words: str) -> None:
    html = ago(NOW - timedelta(seconds=seconds), NOW)
    assert f">{words}</time>" in html
    assert 'title="' in html


def test_an_instant_in_another_zone_is_shown_in_utc() -> None:
    assert 'datetime="2026-01-31T12:00:00Z"' in ago(NOW.astimezone(timezone(timedelta(hours=5))), NOW)


def test_numbers_are_words() -> None:
    assert [plural(1, "commit"), plural(2, "commit"), plural(0, "entry", "entries")] == [
        "1 commit",
        "2 commits",
        "0 entries",
    ]
    assert [size(1), size(999), size(1000), size(12345), size(999_999), size(10**13)] == [
        "1 byte", "999 bytes", "1 kB", "12.3 kB", "1 MB", "10 TB",
    ]  # fmt: skip
    assert duration(3 * 86400) == "3 days"
