"""`python -m calcifer.handover try|keep|put-back`: what a version does of itself while another takes its place.

Called by `deployments/drivers/handover.sh` in containers, and nobody else: `try` by the new version, beside the old one; `keep` and
`put-back` by the old one, while neither serves.
"""

import importlib
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from calcifer import cli, config, healthy, migrations
from calcifer.app import create_app
from calcifer.config import Settings
from calcifer.kit import aside
from calcifer.kit.db import Database
from calcifer.kit.errors import CalciferError, Unavailable
from calcifer.wiring import beside

PAGES = ("/healthz", "/sign-in", "/openapi.json")
DEADLINE_SECONDS = 60.0


def attempt(settings: Settings) -> str:
    """Start this version on a copy of the database, with no workspace, no jobs and no door; return a sentence, or raise."""
    for domain in (name for name in cli.DOMAINS if cli.exists(name)):
        cli.load(domain)
    importlib.import_module("dbos")
    for left in settings.var.glob("try-*"):  # of a trial that was cut off; there are never two
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="try-", dir=settings.var) as folder, _free() as listener:
        copied = Path(folder) / "var" / "calcifer.sqlite"
        there = Database(settings.database_url)
        if there.file is not None and there.file.exists():
            there.copy_to(copied)
        there.close()
        copied.parent.mkdir(exist_ok=True)
        made = beside(Settings(Path(folder), "127.0.0.1", listener.getsockname()[1], f"sqlite:///{copied}"))
        server = uvicorn.Server(uvicorn.Config(create_app(made), log_config=None, access_log=False))
        threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
        try:
            _ask(made.settings.port)
        finally:
            server.should_exit = True
            made.close()
    return f"This version starts: the database comes to {migrations.newest()}, and its pages answer."


def _free() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def _ask(port: int) -> None:
    until = time.monotonic() + DEADLINE_SECONDS
    for path in PAGES:
        while (answer := healthy.ask("127.0.0.1", port, path)).fault:
            if answer.status or time.monotonic() > until:
                raise Unavailable(answer.fault)
            time.sleep(0.1)


def keep(settings: Settings) -> str:
    """Keep the databases as they are now, in place of what was kept before; nobody may write meanwhile."""
    kept = _kept(settings)
    shutil.rmtree(kept, ignore_errors=True)
    with _databases(settings) as databases:
        there = [name for name, database in databases.items() if aside.is_there(database)]
        for name in there:
            databases[name].copy_to(kept / name)
    os.sync()
    return f"Kept in {kept}: {', '.join(there)}." if there else "No database is a file here, and none is kept."


def put_back(settings: Settings) -> str:
    """Bring those back whose structure is another one now; what is replaced is kept, and what only has other rows stays.

    Killed at any moment, each is the one or the other, and never missing.
    """
    brought = []
    replaced = settings.var / "backups" / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    with _databases(settings) as databases:
        for name, there in databases.items():
            kept = _kept(settings) / name
            if not kept.exists() or _shape(Database(f"sqlite:///{kept}")) == _shape(there):
                continue
            fresh = aside.place(there, settings.var)
            aside.clean(fresh)
            aside.copy(kept, fresh)
            if aside.is_there(there):
                aside.keep(there, replaced, name)
            aside.put_in_place(fresh, there)
            brought.append(name)
    if not brought:
        return "The database has the structure that it had: what was written meanwhile stays."
    return f"Brought back: {', '.join(brought)}. What the other version left is in {replaced}."


@contextmanager
def _databases(settings: Settings) -> Iterator[dict[str, Database]]:
    """Open what a newer version may give another structure, by the names under which it is kept; nothing of PostgreSQL."""
    main = Database(settings.database_url)
    jobs = Database(f"sqlite:///{settings.var / 'jobs.sqlite'}")
    try:
        yield {"calcifer.sqlite": main, "jobs.sqlite": jobs} if main.is_sqlite else {}
    finally:
        main.close()
        jobs.close()


def _kept(settings: Settings) -> Path:
    return settings.var / "backups" / "handover"


def _shape(database: Database) -> list[str]:
    try:
        return database.shape() if aside.is_there(database) else []
    finally:
        database.close()


def main() -> int:
    """Do what the one argument says, and tell of it on standard output."""
    acts = {"try": attempt, "keep": keep, "put-back": put_back}
    try:
        said, code = acts[sys.argv[1]](config.read()), 0
    except CalciferError as error:
        said, code = error.message, 1
    except Exception:  # noqa: BLE001  (whatever a version fails with is what somebody has to read)
        said, code = traceback.format_exc(limit=-3), 1
    sys.stdout.write(f"{said}\n")
    return code


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # whatever threads it has left
