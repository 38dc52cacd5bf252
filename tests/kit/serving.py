"""A server of jobs in a process of its own: `serving.py HOME DEATHS`; its job kills the process that often, then ends."""

import os
import signal
import sys
import time
from pathlib import Path

from calcifer.kit.db import Base, Database
from calcifer.kit.uow import Actor, Units
from calcifer.kit.workflows import JobContext, Jobs

ACTOR = Actor("Ada", "ada@example.org")


def jobs(home: Path) -> tuple[Units, Jobs]:
    """Jobs over `home`/db.sqlite, or the PostgreSQL database that the environment names; the tables made when missing."""
    database = Database(os.environ.get("JOBS_DATABASE_URL") or f"sqlite:///{home}/db.sqlite")
    Base.metadata.create_all(database.engine, tables=[Base.metadata.tables[name] for name in ("jobs", "journal")])
    units = Units(database, home / "var")
    return units, Jobs(units, home / "var")


def note(home: Path, words: str) -> int:
    """Add a line to the file that outlives processes, and return how often it is there."""
    with (home / "notes").open("a+") as file:
        file.write(words + "\n")
        file.flush()
        file.seek(0)
        return file.read().splitlines().count(words)


def deadly(home: Path, deaths: int) -> dict[str, int]:
    """End this process with SIGKILL the first `deaths` times."""
    times = note(home, "talked")
    if times <= deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"times": times}


def register(made: Jobs, home: Path, deaths: int) -> None:
    """Register the job that kills its process after a step that is recorded."""

    def handler(job: JobContext) -> dict[str, int]:
        job.step("first", lambda: note(home, "stepped"))
        return deadly(home, deaths)

    made.register("test.die", handler)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    units, made = jobs(where)
    register(made, where, int(sys.argv[2]))
    if len(sys.argv) > 3:
        made.wait(int(sys.argv[3]))
    else:
        made.start()
        while True:
            time.sleep(60)
