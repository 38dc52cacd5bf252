"""Jobs run once, after the commit, whoever dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from calcifer.kit import durable, promises, workflows
from calcifer.kit.errors import CalciferError, Conflict, Unavailable
from calcifer.kit.promises import JobRow, get_job, list_jobs
from calcifer.kit.uow import Units
from calcifer.kit.workflows import JobContext, Jobs, ServerThere, promise
from tests.kit.serving import ACTOR, jobs, note, register
from tests.postgres import Postgres


@pytest.fixture
def home(tmp_path: Path, postgres: Postgres | None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace."""
    if postgres is not None:
        postgres.empty()
        monkeypatch.setenv("JOBS_DATABASE_URL", postgres.url)
    return tmp_path


@pytest.fixture
def units(home: Path) -> Units:
    """Units over its database."""
    return jobs(home)[0]


@pytest.fixture
def made(units: Units, home: Path) -> Iterator[Jobs]:
    """Its jobs; a server that a test started stops."""
    here = Jobs(units, home / "var")
    yield here
    here.stop()
    units.close()


def promised(units: Units, name: str = "test.talk", subject: str = "x") -> int:
    """Promise a job in a unit of its own and return its id."""
    with units.write(ACTOR) as uow:
        return promise(uow, name, subject).id


def row_of(units: Units, row_id: int) -> JobRow:
    """The row as it is now."""
    with units.database.reading() as session:
        return get_job(session, row_id)


def begin(home: Path, deaths: int, *more: str) -> subprocess.Popen[bytes]:
    """Start a server (or a command that waits for a row) in a process of its own."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "tests.kit.serving", str(home), str(deaths), *more]
    return subprocess.Popen(command, env=env, cwd=Path(__file__).parents[2])


def test_starts_after_the_commit_and_keeps_the_result(units: Units, made: Jobs) -> None:
    made.register("test.talk", lambda job: {"to": job.subject, "for": job.actor.mail})
    made.start()
    row = made.wait(promised(units))
    assert (row.state, row.attempts, row.runner) == ("done", 1, "server")
    assert row.result == {"to": "x", "for": "ada@example.org"}


def test_a_unit_that_fails_promises_nothing(units: Units, made: Jobs) -> None:
    with pytest.raises(Conflict), units.write(ACTOR) as uow:
        promise(uow, "test.talk", "x")
        raise Conflict("No.")
    with units.database.reading() as session:
        assert list_jobs(session) == []
    assert made.run_due() == 0


def test_the_same_promise_twice_is_one_row(units: Units, made: Jobs) -> None:
    said: list[str] = []
    made.register("test.talk", lambda job: said.append(job.subject))
    assert promised(units) == promised(units) != promised(units, subject="y")
    assert made.run_due() == 2
    assert sorted(said) == ["x", "y"]


def test_one_that_runs_is_followed_by_the_next_never_joined(units: Units, made: Jobs) -> None:
    begun, go = threading.Event(), threading.Event()
    at_once: list[int] = []

    def talk(_job: JobContext) -> None:
        at_once.append(1)
        begun.set()
        go.wait(10)
        assert len(at_once) == 1
        at_once.clear()

    made.register("test.talk", talk)
    made.start()
    first = promised(units)
    assert begun.wait(10)
    second = promised(units)
    assert second != first
    go.set()
    assert made.wait(second).error is None
    assert made.wait(first).state == "done"


def test_without_a_server_the_command_runs_it(units: Units, made: Jobs) -> None:
    made.register("test.talk", lambda _: {"here": True})
    row_id = promised(units)
    assert [row.result for row in made.run([row_id])] == [{"here": True}]
    assert "dbos" not in sys.modules or row_of(units, row_id).runner != "server"


def test_with_a_server_the_command_leaves_it_alone(units: Units, made: Jobs, home: Path) -> None:
    made.register("test.talk", lambda _: {"server": True})
    made.start()
    other_units, other = jobs(home)
    row_id = promised(other_units)
    assert other.run([row_id]) == []
    began = time.monotonic()
    assert other.wait(row_id).result == {"server": True}
    assert time.monotonic() - began < 10  # woken, not found by the sweep after half a minute
    other_units.close()


def test_a_second_server_is_refused_with_the_name_of_the_first(made: Jobs, home: Path) -> None:
    made.start()
    other_units, other = jobs(home)
    with pytest.raises(ServerThere, match=rf"process {os.getpid()} on "):
        other.start()
    assert made.stop()
    other.start()
    other.stop()
    other_units.close()


def test_what_is_unavailable_is_tried_again_later(home: Path) -> None:
    units, _ = jobs(home)
    now = units.clock()
    units.clock = lambda: now
    made = Jobs(units, home / "var")

    def talk(job: JobContext) -> None:
        if job.attempt < 3:
            raise Unavailable("The remote does not answer.", mend="Look at it.")

    made.register("test.talk", talk)
    row = made.wait(promised(units))
    assert (row.state, row.attempts, row.error) == ("pending", 1, "The remote does not answer.")
    assert (row.due_at - now, made.run_due()) == (timedelta(seconds=5), 0)
    now += timedelta(seconds=5)
    assert made.run_due() == 1
    assert row_of(units, row.id).due_at - now == timedelta(seconds=30)
    now += timedelta(seconds=30)
    assert made.run_due() == 1
    assert (row_of(units, row.id).state, row_of(units, row.id).error) == ("done", None)
    units.close()


def test_unavailable_for_ever_fails_in_the_end(home: Path) -> None:
    units, _ = jobs(home)
    now = units.clock()
    units.clock = lambda: now
    made = Jobs(units, home / "var")

    def talk(_job: JobContext) -> None:
        raise Unavailable("The remote does not answer.", mend="Look at it.")

    made.register("test.talk", talk)
    row_id = promised(units)
    for _ in range(20):
        made.run_due()
        now += timedelta(hours=1)
    row = row_of(units, row_id)
    assert (row.state, row.attempts) == ("failed", 6)
    assert isinstance(row.failure, Unavailable)
    assert row.failure.mend == "Look at it."
    units.close()


@pytest.mark.parametrize("error", [Conflict("It has moved.", mend="Fetch."), None, ValueError("no sentence")])
def test_any_other_error_ends_it(
    units: Units, made: Jobs, error: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    def talk(_job: JobContext) -> None:
        if error:
            raise error

    if error:
        made.register("test.talk", talk)
    row = made.wait(promised(units))
    assert row.state == "failed"
    assert row.error
    if isinstance(error, Conflict):
        assert isinstance(row.failure, Conflict)
        assert (row.error, row.mend) == ("It has moved.", "Fetch.")
    elif error is None:
        assert row.error == "Nobody here knows this job: it was promised by another version, or by a part that is gone."
    else:
        assert type(row.failure) is CalciferError
        assert "no sentence" not in row.error
        assert row.error.rstrip(".").rpartition(" ")[2] in caplog.text


def test_the_engine_rests_when_nothing_is_to_do(units: Units, made: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflows, "REST_SECONDS", 0.2)
    made.register("test.talk", lambda _: None)
    made.start()
    assert made.wait(promised(units)).state == "done"
    until(lambda: not made._engine.is_running)
    assert made.wait(promised(units)).state == "done"


def test_what_ended_long_ago_is_forgotten(units: Units, made: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    made.register("test.talk", lambda _: None)
    made.start()
    row = made.wait(promised(units))
    made.stop()
    monkeypatch.setattr(durable, "KEPT", timedelta(seconds=-10))
    monkeypatch.setattr(promises, "KEPT", timedelta(seconds=-10))
    made.start()
    until(lambda: not ids(units))
    made._engine.launch()
    assert made._engine.status(row) is None


def ids(units: Units) -> list[int]:
    """Every row that there is."""
    with units.database.reading() as session:
        return [row.id for row in list_jobs(session)]


def test_ids_that_begin_anew_are_not_taken_for_old_jobs(home: Path) -> None:
    for _ in range(2):
        units, made = jobs(home)
        made.register("test.talk", lambda _: {"new": True})
        made.start()
        row_id = promised(units)
        assert made.wait(row_id).result == {"new": True}
        made.stop()
        with units.database.writing() as session:
            session.delete(get_job(session, row_id))
            session.commit()
        units.close()


def test_progress_is_told_to_who_waits(units: Units, made: Jobs) -> None:
    told: list[str] = []
    go = threading.Event()

    def talk(job: JobContext) -> None:
        job.progress("1 of 2")
        go.wait(10)

    def tell(text: str) -> None:
        told.append(text)
        go.set()

    made.register("test.talk", talk)
    made.start()
    row = made.wait(promised(units), tell)
    assert (told, row.state, row.progress) == (["1 of 2"], "done", None)


@pytest.mark.slow
def test_a_killed_server_takes_it_up_again_from_the_step_that_was_not_recorded(units: Units, home: Path) -> None:
    row_id = promised(units, "test.die")
    assert begin(home, 1).wait(30) == -signal.SIGKILL
    assert row_of(units, row_id).state == "running"
    server = begin(home, 1)
    until(lambda: row_of(units, row_id).finished)
    server.terminate()
    server.wait(30)
    assert row_of(units, row_id).result == {"times": 2}
    assert note(home, "stepped") - 1 == 1
    units.close()


@pytest.mark.slow
@pytest.mark.once
def test_a_job_that_kills_every_server_is_given_up(units: Units, home: Path) -> None:
    row_id = promised(units, "test.die")
    deaths = 0
    while not row_of(units, row_id).finished and deaths < 8:
        server = begin(home, 99)
        until(lambda server=server: server.poll() is not None or row_of(units, row_id).finished)  # type: ignore[misc]
        server.kill()
        server.wait(30)
        deaths += 1
    assert row_of(units, row_id).error == "The server ended 3 times while this ran."
    units.close()


@pytest.mark.slow
def test_a_killed_command_gives_it_back(units: Units, home: Path) -> None:
    row_id = promised(units, "test.die")
    assert begin(home, 1, str(row_id)).wait(30) == -signal.SIGKILL
    assert row_of(units, row_id).state == "running"
    made = Jobs(units, home / "var")
    register(made, home, 1)
    assert made.wait(row_id).result == {"times": 2}
    assert list((home / "var" / "runners").iterdir()) == []
    units.close()


@pytest.mark.slow
@pytest.mark.parametrize("more", [("command",), ()])
def test_what_died_does_not_keep_the_same_promise_waiting(units: Units, home: Path, more: tuple[str, ...]) -> None:
    dead = promised(units, "test.die")
    assert begin(home, 1, *(str(dead) for _ in more)).wait(30) == -signal.SIGKILL
    again = promised(units, "test.die")
    assert again != dead
    made = Jobs(units, home / "var")
    register(made, home, 1)
    ended: list[JobRow] = []
    waiting = threading.Thread(target=lambda: ended.append(made.wait(again)), daemon=True)
    waiting.start()
    waiting.join(20)
    assert [row.state for row in ended] == ["done"]
    assert row_of(units, dead).state == "pending"  # the next who looks does it
    assert list((home / "var" / "runners").iterdir()) == []
    units.close()


@pytest.mark.slow
def test_a_command_takes_over_from_a_dead_server(units: Units, home: Path) -> None:
    row_id = promised(units, "test.die")
    assert begin(home, 1).wait(30) == -signal.SIGKILL
    made = Jobs(units, home / "var")
    register(made, home, 1)
    assert made.wait(row_id).result == {"times": 2}
    made.start()  # and the next server does not run it once more
    until(lambda: made.run_due() == 0)
    made.stop()
    assert note(home, "talked") - 1 == 2
    units.close()


def until(reached: Callable[[], bool]) -> None:
    """Wait until `reached()` is true, at most half a minute."""
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)
