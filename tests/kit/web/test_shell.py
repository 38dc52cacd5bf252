"""What surrounds every request: headers, ids, limits."""

import pytest
from starlette.testclient import TestClient


@pytest.mark.parametrize("path", ["/", "/nothing", "/healthz", "/openapi.json", "/api/v1/accounts/tokens", "/static/x"])
def test_every_answer_has_the_headers(client: TestClient, stranger: TestClient, path: str) -> None:
    for browser in (client, stranger):
        headers = browser.get(path, follow_redirects=False).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_every_request_has_an_id_of_its_own(client: TestClient) -> None:
    assert len({client.get("/healthz").headers["x-request-id"] for _ in range(5)}) == 5


def test_the_id_is_in_the_activity(client: TestClient, api: TestClient) -> None:
    answer = api.post("/api/v1/accounts/make-token", json={"name": "x"})
    units = client.app.state.units  # type: ignore[attr-defined]
    from calcifer.activity.models import Entry  # noqa: PLC0415

    with units.database.reading() as session:
        newest = session.query(Entry).order_by(Entry.id.desc()).first()
    assert newest.request_id == answer.headers["x-request-id"]


def test_a_body_has_a_limit(client: TestClient, api: TestClient) -> None:
    much = b"x" * 26_000_000
    headers = {"Content-Type": "application/json"}
    assert api.post("/api/v1/accounts/make-token", content=much, headers=headers).status_code == 413
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/accounts/make-token", content=b"name=" + much, headers=headers).status_code == 413
    pieces = (much[:1_000_000] for _ in range(27))  # without a Content-Length
    assert api.post("/api/v1/accounts/make-token", content=pieces).status_code == 413


def test_a_field_has_a_limit(client: TestClient) -> None:
    assert client.post("/accounts/make-token", data={"name": "x" * 1_000_000}).status_code == 422
    assert client.post("/accounts/make-token", files={"name": (None, "x" * 5_000_000)}).status_code in (400, 413, 422)


def test_a_route_may_say_otherwise(browser: TestClient) -> None:
    assert browser.post("/probe/small", data={"title": "x" * 200}).status_code == 413
    assert browser.post("/probe/small", data={"title": "x"}).status_code == 200
    assert browser.post("/probe/large", content=b"x" * 26_000_000).status_code == 200


def test_head_is_get_without_the_content(client: TestClient, stranger: TestClient) -> None:
    for path, status in (("/", 200), ("/nothing", 404), ("/sign-out", 405), ("/healthz", 200)):
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (status, b""), path
        assert answer.headers["content-security-policy"]
    assert stranger.head("/", follow_redirects=False).status_code == 303


def test_nul_is_in_no_address(client: TestClient, api: TestClient) -> None:
    assert client.get("/activity?service=%00").status_code == 400
    assert client.get("/a%00b").status_code == 400
    assert api.get("/api/v1/accounts/tokens?cursor=%00").json()["status"] == 400


def test_every_operation_of_the_api_has_a_title_that_a_person_wrote(stranger: TestClient) -> None:
    paths = stranger.get("/openapi.json").json()["paths"]
    titles = {f"{method} {path}": operation["summary"] for path in paths for method, operation in paths[path].items()}
    assert titles["post /api/v1/work/open"] == "Open an item: number, checklist, branch"
    assert not [where for where, title in titles.items() if title.startswith("Api")]
