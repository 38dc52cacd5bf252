"""The only place that runs jobs: what is slow or remote, durably, after the unit that promised it has committed.

A handler is a pattern of unit (read) → talk → unit (record). Killed in between, it runs once more from its start; what went
through `JobContext.step` is not repeated. The server runs each row as a workflow that is named by row and attempt, so that neither
a retry nor a crash runs one twice. Where no server is there, a command runs its rows itself. A row that nobody has is found by
the sweep.
"""

import errno
import logging
import os
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError

from calcifer.kit import promises
from calcifer.kit.durable import AT_ONCE, RECOVERIES, SERVER, Engine, Step
from calcifer.kit.errors import CalciferError, Conflict, Unavailable
from calcifer.kit.locks import Tenure
from calcifer.kit.promises import JobRow, promise
from calcifer.kit.uow import Actor, Units

__all__ = ["Handler", "JobContext", "JobRow", "Jobs", "ServerThere", "Stopped", "promise"]

SWEEP_SECONDS = 30.0
REST_SECONDS = 60.0
PROGRESS_SECONDS = 0.2
SYSTEM = Actor("Calcifer", "calcifer@localhost", "system")

log = logging.getLogger("calcifer.jobs")
T = TypeVar("T")


class ServerThere(Conflict):
    """A server has this workspace already."""


class Stopped(CalciferError):
    """A person stopped the job."""


@dataclass
class JobContext:
    """What a handler gets: units of work, the subject, and `actor`, the person who promised it."""

    units: Units
    row_id: int
    subject: str
    actor: Actor
    attempt: int
    _step: Step = field(repr=False)
    _tell: Callable[[str], None] = field(repr=False)
    _told_at: float = field(default=0.0, repr=False)

    def progress(self, text: str) -> None:
        """Say how far it is, for whoever looks; outside of a unit of work, which would hold the database."""
        if time.monotonic() - self._told_at >= PROGRESS_SECONDS:
            self._told_at = time.monotonic()
            self._tell(text)

    def step(self, name: str, act: Callable[[], T]) -> T:
        """Do `act` and keep what it returns, so that a job that runs again after a crash does not repeat it.

        The result is stored: plain data, never a secret. The steps of a handler come in the same order each time.
        """
        result: T = self._step(name, act)
        return result


Handler = Callable[[JobContext], dict[str, Any] | None]


class Jobs:
    """The jobs of one workspace: handlers by name, and who runs what."""

    def __init__(self, units: Units, var: Path) -> None:
        """Work with locks and the wake-up pipe in `var`; nothing runs until `start`, `run` or `wait`."""
        self._units = units
        self._database = units.database
        self._handlers: dict[str, Handler] = {}
        self._server = Tenure(var / "server.lock")
        self._runners = var / "runners"
        self._pipe = var / "jobs.pipe"
        self._engine = Engine(self._database, var, self._run_durably)
        self._active: set[int] = set()
        self._idle = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._busy_at = 0.0
        units.start_jobs = self.wake

    def register(self, name: str, handler: Handler) -> None:
        """Let `handler` do the jobs called `name` (`domain.verb`)."""
        self._handlers[name] = handler

    # -- for the server -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Become the server of this workspace and run what is due, in the background; ServerThere where there is one."""
        if not self._server.take(f"process {os.getpid()} on {socket.gethostname()}", patience_seconds=1):
            raise ServerThere(
                f"A Calcifer server has this workspace already: {self._server.holder() or 'it just came'}.",
                mend="Use that one, stop it first, or set CALCIFER_HOME to another workspace.",
            )
        self._stopping.clear()
        self._pipe.unlink(missing_ok=True)
        os.mkfifo(self._pipe, 0o600)
        pipe = os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._serve, args=(pipe,), name="calcifer-jobs", daemon=True)
        self._thread.start()

    def stop(self, *, patience_seconds: float = 5) -> bool:
        """Take nothing new, wait a while for what runs, and let go of the workspace.

        False where something still runs: then this process has to end, and the next server takes that up again.
        """
        self._stopping.set()
        self.wake()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        with self._idle:
            idle = self._idle.wait_for(lambda: not self._active, timeout=patience_seconds)
        if idle:
            self._engine.stop()
            self._server.give()
        return idle

    def server(self) -> str | None:
        """Return which process is the server of this workspace, or None."""
        return self._server.holder()

    def wake(self, _ids: Iterable[int] = ()) -> None:
        """Let the server look for due rows now, from whichever process; without a server nothing happens."""
        with suppress(FileNotFoundError):
            try:
                pipe = os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                if error.errno == errno.ENXIO:  # nobody reads
                    return
                raise
            with suppress(BlockingIOError):  # full: it has been told often enough
                os.write(pipe, b".")
            os.close(pipe)

    def _serve(self, pipe: int) -> None:
        self._busy_at = time.monotonic()
        to_prune = True
        while not self._stopping.is_set():
            try:
                if to_prune:
                    self._prune()
                    to_prune = False
                pause = min(self._sweep(), self._rest())
            except Exception:
                # Whatever it was, rows must not stay behind because of it.
                log.exception("Looking for due jobs failed; it is tried again.")
                pause = 5.0
            select.select([pipe], [], [], pause)
            with suppress(BlockingIOError):
                os.read(pipe, 65536)
        os.close(pipe)

    def _prune(self) -> None:
        with self._units.write(SYSTEM) as uow:
            promises.prune(uow.db, uow.now)

    def _sweep(self) -> float:
        """Take what is due and start it; return the seconds until somebody has to look again."""
        now = self._units.clock()
        with self._database.reading() as session:
            running = promises.list_running(session)
        pause = min([SWEEP_SECONDS, *(1.0 for row in running if self._look_after(row))])
        free = AT_ONCE - len(self._active)
        with self._database.reading() as session:
            due = promises.list_due(session, now, max(free, 0))
            later = promises.next_due_at(session, now)
        for row_id in due:
            row = self._claim(row_id, SERVER)
            if row is not None:
                self._start(row)
        return min(pause, (later - now).total_seconds() + 0.01) if later else pause

    def _rest(self) -> float:
        """Stop the engine once nothing has happened for a while, for it never sleeps; return the seconds until then."""
        if self._active:
            self._busy_at = time.monotonic()
        if not self._engine.is_running:
            return SWEEP_SECONDS
        left = self._busy_at + REST_SECONDS - time.monotonic()
        if left <= 0:
            self._engine.stop()
        return max(left, 0.0) or SWEEP_SECONDS

    def _look_after(self, row: JobRow) -> bool:
        """Give a running row that nobody runs any more back, or take it up where the server died with it.

        True where DBOS is about to take it up, or to give it up.
        """
        if row.runner != SERVER:
            self._bury(row)
        elif row.id not in self._active:
            self._engine.launch()
            status = self._engine.status(row)
            if status is None:  # died between taking the row and starting its workflow
                self._start(row)
            elif status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
                self._record(row, error=Conflict(f"The server ended {RECOVERIES} times while this ran."))
            elif status in {"PENDING", "ENQUEUED", "DELAYED"}:
                return True
            else:
                self._record(row, error=Unavailable("How this ended could not be noted."))
        return False

    def _start(self, row: JobRow) -> None:
        with self._idle:
            self._active.add(row.id)
            self._busy_at = time.monotonic()
        try:
            self._engine.start(row)
        except BaseException:
            self._ended(row.id)
            raise

    def _ended(self, row_id: int) -> None:
        with self._idle:
            self._active.discard(row_id)
            self._idle.notify_all()
        self.wake()

    def _run_durably(self, row_id: int, attempt: int, step: Step) -> None:
        with self._idle:
            self._active.add(row_id)
        try:
            with self._database.reading() as session:
                row = session.get(JobRow, row_id)
            if row is not None and (row.state, row.runner, row.attempts) == ("running", SERVER, attempt):
                self._run(row, step)
        finally:
            self._ended(row_id)

    # -- for commands, and for both -----------------------------------------------------------------------------------

    def wait(self, row_id: int, tell: Callable[[str], None] = lambda _: None) -> JobRow:
        """Wait until a job has ended, or has to be tried again later; runs it here where there is no server."""
        pause, told = 0.01, None
        while True:
            with self._database.reading() as session:
                row = promises.get_job(session, row_id)
                first = promises.find_ahead(session, row) or row
            if row.finished or (row.state == "pending" and row.due_at > self._units.clock()):
                return row
            if row.progress and row.progress != told:
                told = row.progress
                tell(told)
            if self.server() is None and self._take_over(first):
                continue
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)

    def wait_all(self, ids: Iterable[int], tell: Callable[[str], None] = lambda _: None) -> list[JobRow]:
        """Wait for several jobs, which run at the same time, here or in the server."""
        rows = list(ids)
        if len(rows) == 1:
            return [self.wait(rows[0], tell)]  # in this thread, which Ctrl-C interrupts
        with ThreadPoolExecutor(min(AT_ONCE, len(rows) or 1), thread_name_prefix="calcifer-job") as pool:
            return list(pool.map(lambda row_id: self.wait(row_id, tell), rows))

    def run(self, ids: Iterable[int], tell: Callable[[str], None] = lambda _: None) -> list[JobRow]:
        """Run these jobs here and return how they ended, or return nothing where a server does it."""
        return [] if self.server() else self.wait_all(ids, tell)

    def run_due(self) -> int:
        """Run everything that is due here, one after the other, and return how many that were."""
        ran = 0
        while True:
            with self._database.reading() as session:
                due = promises.list_due(session, self._units.clock(), 100)
            taken = [self._run_here(row_id) for row_id in due]
            ran += sum(taken)
            if not any(taken):
                return ran

    def _take_over(self, row: JobRow) -> bool:
        if row.state == "pending":
            return self._run_here(row.id)
        if row.runner != SERVER:
            return self._bury(row)
        # As server for an instant, so that none starts and takes it up at the same time.
        tenure = Tenure(self._server.path)
        if not tenure.take(f"process {os.getpid()}, which takes over from a server that is no more"):
            return False
        try:
            self._record(row, error=Unavailable("The server ended while this ran."), now_again=True)
        finally:
            tenure.give()
        return True

    def _run_here(self, row_id: int) -> bool:
        """Run a job in this process; False where somebody else has it, or its like."""
        runner = f"{os.getpid()}-{secrets.token_hex(4)}"
        held = Tenure(self._runners / runner)
        held.take(runner)
        try:
            row = self._claim(row_id, runner)
            if row is not None:
                self._run(row, lambda _name, act: act())
            return row is not None
        finally:
            (self._runners / runner).unlink()
            held.give()

    def _bury(self, row: JobRow) -> bool:
        """Give back what a command had taken that is no more."""
        held = self._runners / (row.runner or "none")
        if Tenure(held).holder() is not None:
            return False
        held.unlink(missing_ok=True)
        self._record(row, error=Unavailable("The command that ran this ended before its end."), now_again=True)
        return True

    def _claim(self, row_id: int, runner: str) -> JobRow | None:
        # A whole unit of work: whoever promised this may have died before its refs moved, and those come first.
        with self._units.write(SYSTEM) as uow:
            return promises.claim(uow.db, row_id, runner, uow.now)

    def _run(self, row: JobRow, step: Step) -> None:
        context = JobContext(
            self._units, row.id, row.subject, row.actor, row.attempts, step, lambda text: self._tell(row, text)
        )
        try:
            result = self._handlers.get(row.name, _unknown)(context)
        except CalciferError as error:
            self._record(row, error=error)
        except KeyboardInterrupt:
            self._record(row, error=Stopped("It was stopped before its end."))
            raise
        except Exception:
            if self._stopping.is_set():  # the engine went away below it: the next server takes it up again
                raise
            fault = secrets.token_hex(4)
            log.exception("Job %s '%s' failed unexpectedly (%s)", row.name, row.subject, fault)
            self._record(row, error=Stopped(f"Something unexpected happened; the log has it as {fault}."))
        else:
            self._record(row, result=result)

    def _record(
        self,
        row: JobRow,
        *,
        result: dict[str, Any] | None = None,
        error: CalciferError | None = None,
        now_again: bool = False,
    ) -> None:
        """Note how this attempt ended, unless somebody has noted it meanwhile."""
        for patience in (0, 1, 5):
            time.sleep(patience)
            try:
                with self._units.write(SYSTEM) as uow:
                    there = uow.db.get(JobRow, row.id)
                    if there is None or (there.state, there.attempts) != ("running", row.attempts):
                        return
                    self._note(there, uow.now, result, error, now_again=now_again)
            except (Unavailable, OperationalError):
                log.warning("How job %s '%s' ended could not be noted yet.", row.name, row.subject, exc_info=True)
            else:
                return

    @staticmethod
    def _note(
        row: JobRow, now: datetime, result: dict[str, Any] | None, error: CalciferError | None, *, now_again: bool
    ) -> None:
        if error is None:
            promises.end(row, now, result)
            return
        promises.fail(row, now, error)
        if now_again and row.state == "pending":
            row.due_at = now

    def _tell(self, row: JobRow, text: str) -> None:
        with suppress(OperationalError), self._database.writing() as session:
            there = session.get(JobRow, row.id)
            if there is not None and there.attempts == row.attempts:
                there.progress = text
            session.commit()


def _unknown(_job: JobContext) -> None:
    raise Conflict("Nobody here knows this job: it was promised by another version, or by a part that is gone.")
