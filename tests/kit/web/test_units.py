"""Units of work of requests."""

import threading

from fastapi import FastAPI
from starlette.testclient import TestClient

WRITERS = 120


def test_more_writers_than_threads_do_not_wait_for_each_other_in_vain(probed: FastAPI, browser: TestClient) -> None:
    statuses: list[int] = []
    with browser:  # one event loop for all, as in the server

        def write(number: int) -> None:
            statuses.append(
                browser.post("/probe/fail/x", data={"title": f"t{number}"}, follow_redirects=False).status_code
            )

        threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [303] * WRITERS


def test_a_commit_is_done_before_the_answer_is_sent(browser: TestClient, probed: FastAPI) -> None:
    seen = []

    def looking(*_: object) -> None:
        with probed.state.units.database.reading() as session:
            from calcifer.activity import queries  # noqa: PLC0415

            seen.append("at once" in [entry.subject for entry in queries.list_entries(session)])

    browser.event_hooks["response"] = [looking]
    browser.post("/probe/fail/x", data={"title": "at once"}, follow_redirects=False)
    assert seen == [True]
