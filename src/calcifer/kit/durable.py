"""The only place that knows DBOS, the engine below the jobs of a server."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calcifer.kit.db import Database
from calcifer.kit.promises import KEPT, JobRow

AT_ONCE = 8
"""Jobs that run at the same time."""
RECOVERIES = 3
"""How often a job is taken up again after the server died with it."""
SERVER = "server"
Step = Callable[[str, Callable[[], Any]], Any]


class Engine:
    """DBOS, imported and launched when the first job needs it: a command and an idle server never pay for it."""

    def __init__(self, database: Database, var: Path, run: Callable[[int, int, Step], None]) -> None:
        self._file = var / "jobs.sqlite" if database.is_sqlite else None
        own_file, same_server = f"sqlite:///{self._file}", database.url.render_as_string(hide_password=False)
        self._url = own_file if database.is_sqlite else same_server
        self._run = run
        self._dbos: Any = None
        self._workflow: Any = None

    @property
    def is_running(self) -> bool:
        """Whether it was launched and not stopped since."""
        return self._dbos is not None

    def launch(self) -> None:
        """Start DBOS, which takes up again what the last server died with; does nothing where it runs."""
        if self._dbos is not None:
            return
        if self._file is not None:
            self._file.touch(mode=0o600)
        from dbos import DBOS  # noqa: PLC0415  (a third of a second and 30 MB that only a server with jobs needs)

        def job(row_id: int, attempt: int) -> None:
            self._run(row_id, attempt, lambda name, act: DBOS.run_step({"name": name}, act))

        self._workflow = DBOS.workflow(name="job", max_recovery_attempts=RECOVERIES)(job)
        DBOS(
            config={
                "name": "calcifer",
                "system_database_url": self._url,
                "dbos_system_schema": "calcifer_jobs",
                # Fixed: a run that a version left behind has to be taken up by the next one.
                "application_version": "1",
                "executor_id": SERVER,
                "log_level": "WARNING",
                "max_executor_threads": AT_ONCE + 2,
                "sys_db_pool_size": 5,
                "scheduler_polling_interval_sec": 3600.0,
            }
        )
        DBOS.launch()
        self._dbos = DBOS
        self._prune()

    def _prune(self) -> None:
        """Forget workflows that ended long ago."""
        before = (datetime.now(UTC) - KEPT).isoformat()
        old = self._dbos.list_workflows(completed_before=before, load_input=False, load_output=False, limit=10_000)
        if old:
            self._dbos.delete_workflows([workflow.workflow_id for workflow in old])

    def start(self, row: JobRow) -> None:
        """Start the workflow of this attempt; does nothing where it was started before."""
        self.launch()
        from dbos import SetWorkflowID  # noqa: PLC0415  (as above)

        with SetWorkflowID(_workflow_id(row)):
            self._dbos.start_workflow(self._workflow, row.id, row.attempts)

    def status(self, row: JobRow) -> str | None:
        """Return DBOS's word for the workflow of this attempt, or None where it was never started."""
        status = self._dbos.get_workflow_status(_workflow_id(row))
        return None if status is None else str(status.status)

    def stop(self) -> None:
        """Stop DBOS; what still runs stays pending in its database."""
        if self._dbos is not None:
            self._dbos.destroy(destroy_registry=True)
            self._dbos = None


def _workflow_id(row: JobRow) -> str:
    # With the instant, because ids begin anew where somebody deletes the database and keeps this engine's.
    return f"job-{row.id}-{row.made_at:%Y%m%dT%H%M%S%f}-{row.attempts}"
