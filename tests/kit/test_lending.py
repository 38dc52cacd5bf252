"""A secret is lent to one job, in a file of its own, and goes with it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.kit import lending
from calcifer.kit.errors import Conflict, Unavailable
from calcifer.kit.promises import JobRow, promise
from calcifer.kit.workflows import JobContext
from calcifer.wiring import Wiring, wire
from tests.owner import OWNER

SECRET = "a-secret-token"
Act = Callable[[], None]


def promised(wiring: Wiring, secret: str | None = SECRET, subject: str = "x") -> JobRow:
    """Promise a job that borrows."""
    with wiring.units.write(OWNER) as uow:
        row = promise(uow, "test.borrow", subject)
        lending.lend(uow, wiring.settings.var, row, secret)
    return row


def files(wiring: Wiring) -> list[Path]:
    """What is lent now."""
    return sorted((wiring.settings.var / "lent").iterdir())


def handler(wiring: Wiring, seen: list[str | None], act: Act) -> None:
    """Let jobs borrow, and do `act` with it."""

    def borrow(job: JobContext) -> None:
        with lending.borrowed(job, wiring.settings.var, is_needed=job.subject != "none") as secret:
            seen.append(secret)
            act()

    wiring.jobs.register("test.borrow", borrow)


def fail(error: Exception) -> Act:
    """Make what raises."""

    def act() -> None:
        raise error

    return act


def test_a_job_that_is_done_leaves_nothing(wiring: Wiring) -> None:
    seen: list[str | None] = []
    handler(wiring, seen, lambda: None)
    row = promised(wiring)
    (file,) = files(wiring)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert wiring.jobs.wait(row.id).state == "done"
    assert (seen, files(wiring)) == ([SECRET], [])


def test_one_that_fails_leaves_nothing(wiring: Wiring) -> None:
    handler(wiring, [], fail(Conflict("No.")))
    assert wiring.jobs.wait(promised(wiring).id).state == "failed"
    assert files(wiring) == []


def test_one_that_is_tried_again_finds_it_again(wiring: Wiring) -> None:
    handler(wiring, [], fail(Unavailable("Later.")))
    assert wiring.jobs.wait(promised(wiring).id).state == "pending"
    assert len(files(wiring)) == 1


def test_without_it_a_job_says_so(wiring: Wiring) -> None:
    handler(wiring, [], lambda: None)
    row = promised(wiring)
    files(wiring)[0].unlink()
    assert "not kept any more" in (wiring.jobs.wait(row.id).error or "")


def test_what_nobody_waits_for_is_swept(wiring: Wiring) -> None:
    seen: list[str | None] = []
    handler(wiring, seen, fail(RuntimeError("a defect")))
    assert wiring.jobs.wait(promised(wiring).id).state == "failed"
    (wiring.settings.var / "lent" / "999").write_text("of a unit that never came to be")
    (wiring.settings.var / "lent" / "7.abcd").write_text("half")
    assert len(files(wiring)) == 3
    waiting = promised(wiring, subject="y")
    assert [path.name for path in files(wiring)] == [str(waiting.id)]
    wire(wiring.settings).close()
    assert [path.name for path in files(wiring)] == [str(waiting.id)]


def test_a_unit_that_leaves_nothing_leaves_no_secret_to_another_job(wiring: Wiring) -> None:
    seen: list[str | None] = []
    handler(wiring, seen, lambda: None)
    with pytest.raises(Conflict), wiring.units.write(OWNER) as uow:
        lending.lend(uow, wiring.settings.var, promise(uow, "test.borrow", "x"), SECRET)
        raise Conflict("No.")
    wiring.jobs.wait(promised(wiring, None, "none").id)
    assert (seen, files(wiring)) == ([None], [])
