"""A change of threads takes as long as a query: a request has one, for its handler, on a database that lies in a file."""

from typing import Any

import anyio.to_thread
import pytest

from calcifer.wiring import Wiring


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    run = anyio.to_thread.run_sync

    async def counted(function: Any, *arguments: Any, **options: Any) -> Any:
        seen.append(getattr(function, "__qualname__", repr(function)))
        return await run(function, *arguments, **options)

    monkeypatch.setattr(anyio.to_thread, "run_sync", counted)
    return seen


def test_a_reading_request(wiring: Wiring, client: Any, changes: list[str]) -> None:
    client.get("/work")  # the first one of a session notes that it was here
    changes.clear()
    assert client.get("/work").status_code == 200
    waits = 0 if wiring.units.database.is_sqlite else 3  # over a network: who it is, and the unit's begin and end
    assert len(changes) == 1 + waits, changes


def test_a_writing_request(wiring: Wiring, client: Any, changes: list[str]) -> None:
    client.get("/work")
    changes.clear()
    made = client.post("/accounts/make-token", data={"name": "laptop"})
    assert made.status_code == 200
    waits = 0 if wiring.units.database.is_sqlite else 1  # the unit begins and ends in the handler's thread
    assert len(changes) == 1 + waits, changes
