"""Cursors."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from calcifer.kit.errors import Invalid
from calcifer.kit.web.paging import Asked, decode, encode, paged

KEYS = st.lists(st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=20), max_size=4)


@given(KEYS)
def test_a_cursor_gives_back_its_key(key: list[int | float | str | None]) -> None:
    assert decode(encode(key)) == key


@given(st.text(max_size=60))
def test_anything_else_is_invalid_or_harmless(text: str) -> None:
    key = None
    with contextlib.suppress(Invalid):
        key = decode(text)
    assert key is None or isinstance(key, list)


@given(st.integers(0, 30), st.integers(1, 10))
def test_pages_together_are_the_list(count: int, limit: int) -> None:
    rows, after, seen = list(range(count, 0, -1)), None, []
    while True:
        found = [row for row in rows if after is None or row < after][: limit + 1]
        shown, following = paged(found, Asked(limit, None), lambda row: [row])
        seen += shown
        if following is None:
            break
        after = Asked(limit, decode(following)).after_id
    assert seen == rows


def test_a_list_is_read_page_by_page(api: TestClient) -> None:
    for number in range(5):
        api.post("/api/v1/accounts/make-token", json={"name": f"t{number}"})
    names, address = [], "/api/v1/accounts/tokens?limit=2"
    while address:
        answer = api.get(address).json()
        names += [token["name"] for token in answer["items"]]
        address = f"/api/v1/accounts/tokens?limit=2&cursor={answer['next']}" if answer["next"] else ""
    assert names == ["t4", "t3", "t2", "t1", "t0", "a test"]


def test_bad_cursors_and_limits_are_invalid(api: TestClient, client: TestClient) -> None:
    for query in ("cursor=x", "cursor=WyJhIl0", "cursor=W10", "cursor=bnVsbA", "limit=0", "limit=201", "limit=x"):
        assert api.get(f"/api/v1/accounts/tokens?{query}").status_code == 422, query
        assert client.get(f"/accounts/tokens?{query}").status_code == 422, query
    assert api.get(f"/api/v1/accounts/tokens?cursor={encode([10**30])}").status_code == 422
