"""Entity tags: what was read is what is changed."""

from starlette.testclient import TestClient

THING = "/api/v1/probe/things/7"


def edit(program: TestClient, header: str | None) -> int:
    """Return the status of a change with this If-Match."""
    headers = {} if header is None else {"If-Match": header}
    return program.post(f"{THING}/edit", headers=headers).status_code


def test_a_change_of_what_was_read_is_taken(program: TestClient) -> None:
    tag = program.get(THING).headers["etag"]
    assert tag.startswith('"')
    assert edit(program, tag) == 200
    assert edit(program, f'"other", {tag}') == 200
    assert edit(program, "*") == 200
    assert edit(program, None) == 200


def test_a_change_of_what_was_not_is_refused(program: TestClient) -> None:
    tag = program.get(THING).headers["etag"]
    other = program.get("/api/v1/probe/things/8").headers["etag"]
    for header in (other, "", "x", f"W/{tag}", tag.strip('"')):
        assert edit(program, header) == 412, header
