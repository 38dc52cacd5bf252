"""What containers write is read from their host: bounded, filtered, followed, and let go of."""

import asyncio
import os
import tracemalloc
from contextlib import aclosing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from calcifer.deployments.daily import LogWish
from calcifer.deployments.loglines import LONGEST_BYTES, Lines, has, last, line
from calcifer.deployments.service import reading
from tests.conftest import Run
from tests.deployments.conftest import Deployed
from tests.owner import OWNER

pytestmark = pytest.mark.once

LOG = """web-1  | 2026-01-01T10:00:00.1Z GET /
side-1  | 2026-01-01T10:00:02.5Z \x1b[31mError\x1b[0m: no\x07 room
web-1  | 2026-01-01T10:00:01.2Z GET /favicon.ico
"""


def test_a_line_is_taken_apart() -> None:
    one = line("web-app-1  | 2026-01-01T10:00:00.123456789Z a | b\r")
    assert (one.container, one.at, one.text) == ("web-app-1", "2026-01-01T10:00:00.123456789Z", "a | b")
    assert line("web-1 | ").text == ""
    assert line("no configuration file").container == ""
    assert line("web-1  | \x1b]0;title\x07\x1b[2J\x9b1mred\u202e").text == " 1mred"
    assert has(one, "A | B")
    assert not has(one, "web")


def test_pieces_become_lines_within_bounds() -> None:
    lines = Lines()
    found = [one for piece in (b"a | ", b"x\nb | y", b"\n", b"c | rest") for one in lines.fed(piece)] + list(
        lines.end()
    )
    assert [(one.container, one.text) for one in found] == [("a", "x"), ("b", "y"), ("c", "rest")]
    tracemalloc.start()
    assert [one for _ in range(2000) for one in lines.fed(b"z" * 32_768)] == []
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    (one,) = lines.fed(b"\n")
    assert one.text.endswith("z …")
    assert len(one.text) == LONGEST_BYTES + 2


def test_the_last_lines_are_those_of_the_last_instants() -> None:
    found = last((line(f"c | 2026-01-01T10:00:{second:02}Z {second}") for second in (5, 1, 9, 7)), 2)
    assert [one.text for one in found] == ["7", "9"]


@pytest.mark.parametrize("since", ["1 week", "$(reboot)", "-1h", "2026-01-01;x", "15"])
def test_what_is_no_instant_is_refused(web: Deployed, api: TestClient, since: str) -> None:
    assert api.get("/api/v1/deployments/logs", params={"service": "web", "since": since}).status_code == 422


@pytest.mark.once
def test_pages_programs_and_people_read_them(web: Deployed, client: TestClient, api: TestClient, calcifer: Run) -> None:
    web.deploy()
    (web.engine / "log").write_text(LOG)
    read = api.get("/api/v1/deployments/logs", params={"service": "web", "since": "2d", "parts": ["web"]}).json()[
        "lines"
    ]
    assert [one["text"] for one in read] == ["GET /", "GET /favicon.ico", "Error: no  room"]
    assert "--tail 200 --since 48h" in (web.engine / "asked").read_text()
    page = client.get("/deployments/logs?service=web&text=error").text
    assert "Error: no  room" in page
    assert "favicon" not in page
    assert "\x1b" not in page
    told = calcifer("logs", "web", "--grep", "get", "-n", "1")
    assert told.out == "web-1 | GET /favicon.ico\n"
    assert client.get("/deployments/logs?service=web&tail=many").status_code == 422
    kept = [path for path in web.wiring.settings.var.rglob("*") if path.is_file() and b"favicon" in path.read_bytes()]
    assert kept == []


async def first_lines(web: Deployed, count: int) -> list[str]:
    wish, found = LogWish(service="web"), list[str]()
    there = reading.followed(web.wiring.units, OWNER, web.wiring.settings.var, wish)
    async with aclosing(reading.follow(there, wish)) as lines:
        async for one in lines:
            if one is not None:
                found.append(one.text)
            if len(found) == 3:
                (web.engine / "more").write_text("web-1  | 2026-01-01T10:00:05Z new\n")
            if len(found) == count:
                return found
    return found


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]


@pytest.mark.once
def test_followed_until_the_reader_leaves(web: Deployed) -> None:
    web.deploy()
    (web.engine / "log").write_text(LOG)

    async def follow() -> tuple[list[str], int, bool]:
        found = await asyncio.wait_for(first_lines(web, 4), 20)
        pid = int((web.engine / "following").read_text())
        for _ in range(100):
            if not is_there(pid):
                break
            await asyncio.sleep(0.05)
        return found, pid, is_there(pid)

    found, pid, is_left = asyncio.run(follow())
    assert found == ["GET /", "Error: no  room", "GET /favicon.ico", "new"]
    assert pid != os.getpid()
    assert not is_left, "the engine's program ends with its reader"
    assert reading._followers == set()


def test_followers_are_counted(web: Deployed, api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    web.deploy()
    monkeypatch.setattr(reading, "MOST_FOLLOWERS", 0)
    assert api.get("/api/v1/deployments/logs/follow", params={"service": "web"}).status_code == 503


def test_a_deployment_is_followed_to_its_end(web: Deployed, api: TestClient) -> None:
    number = web.deploy().id
    said = api.get(f"/api/v1/deployments/{number}/follow")
    assert said.headers["content-type"].startswith("text/event-stream")
    assert "Container web-web-1  Running" in said.text
    assert '"state": "good"' in said.text
    assert said.text.rstrip().endswith('event: end\ndata: {"error": "", "mend": null}')
    assert api.get("/api/v1/deployments/99/follow").status_code == 404
