"""The only place that chooses real parts: settings to database, units of work, jobs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from calcifer import migrations
from calcifer.accounts import models as _accounts  # noqa: F401  (a table exists once its model is imported)
from calcifer.accounts import queries as accounts
from calcifer.activity import models as _activity  # noqa: F401
from calcifer.config import Settings
from calcifer.deployments import jobs as deployments_jobs
from calcifer.deployments import models as _deployments  # noqa: F401
from calcifer.deployments.service import refers_to
from calcifer.doctor import jobs as doctor_jobs
from calcifer.git import jobs as git_jobs
from calcifer.git import models as _git  # noqa: F401
from calcifer.hosts import jobs as hosts_jobs
from calcifer.hosts import models as _hosts  # noqa: F401
from calcifer.hosts import references
from calcifer.kit import lending
from calcifer.kit.db import Database
from calcifer.kit.errors import Conflict, Unavailable
from calcifer.kit.uow import Units
from calcifer.kit.workflows import Jobs
from calcifer.services import jobs as services_jobs
from calcifer.services import models as _services  # noqa: F401
from calcifer.updates import jobs as updates_jobs
from calcifer.updates import models as _updates  # noqa: F401
from calcifer.work import jobs as work_jobs
from calcifer.work import models as _work  # noqa: F401
from calcifer.work.service import losing


@dataclass(frozen=True)
class Wiring:
    """The parts that entry points work with."""

    settings: Settings
    units: Units
    jobs: Jobs

    def is_set_up(self) -> bool:
        """Say whether there is an owner."""
        with self.units.database.reading() as session:
            return accounts.is_set_up(session)

    def close(self) -> None:
        """Close what was opened."""
        self.units.close()


def wire(settings: Settings) -> Wiring:
    """Make the workspace's `var`, migrate the database, finish what a killed writer began, and return the parts."""
    refuse_git_root(settings.home)
    database = Database(settings.database_url)
    try:
        settings.var.mkdir(parents=True, exist_ok=True)
        settings.var.chmod(0o700)
        if database.file is not None and database.file.parent.is_dir():
            database.file.touch(mode=0o600)
        _migrate(settings, database)
    except OSError as error:
        raise Unavailable(
            f"The workspace {settings.home} cannot be used: {error.strerror} ({error.filename}).",
            mend="Set CALCIFER_HOME to a directory that is yours.",
        ) from error
    except DBAPIError as error:
        where = database.url.render_as_string(hide_password=True)
        raise Unavailable(f"The database {where} cannot be used: {error.orig}", mend="calcifer doctor") from error
    made = _parts(settings, database)
    made.units.replay()
    lending.forget(made.units, settings.var)
    return made


def _migrate(settings: Settings, database: Database) -> None:
    """Bring the database to this version; the file that another version left is kept in var/backups."""
    there = migrations.revision_of(database.engine)
    if migrations.is_newer(database.engine):
        raise Conflict(
            f"A newer version of Calcifer has worked with this database, and brought it to {there}; this one knows "
            f"{migrations.newest()}.",
            mend="Start the newer version. "
            f"{settings.var / 'backups'} has the database as it was before, in before-{there}-….sqlite.",
        )
    if there not in (None, migrations.newest()) and database.file is not None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        database.copy_to(settings.var / "backups" / f"before-{migrations.newest()}-{stamp}.sqlite")
    migrations.migrate(database.engine)


def beside(settings: Settings) -> Wiring:
    """Migrate the copy of a database, and return parts that do nothing by themselves: no ref moves, no job runs."""
    database = Database(settings.database_url)
    migrations.migrate(database.engine)
    return _parts(settings, database)


def as_it_is(settings: Settings) -> Wiring:
    """Return the parts without migrating, mending or making anything: for who looks at what is wrong.

    Raises Conflict where the database is of another version of Calcifer, or empty.
    """
    refuse_git_root(settings.home)
    database = Database(settings.database_url)
    if not database.faults():
        there = migrations.revision_of(database.engine)
        if there is None:
            raise Conflict(
                "The database is empty: whatever it held is gone.",
                mend="calcifer rebuild makes it again from the repositories.",
            )
        if there != migrations.newest():
            raise Conflict(
                "The database is of another version of Calcifer.", mend="calcifer init brings it up to this one."
            )
    return _parts(settings, database)


def _parts(settings: Settings, database: Database) -> Wiring:
    units = units_of(database, settings.var)
    jobs = Jobs(units, settings.var)
    services_jobs.register(jobs, settings.home)
    work_jobs.register(jobs, settings.var)
    updates_jobs.register(jobs, settings.updates_hours, settings.plain_registries)
    git_jobs.register(jobs)
    hosts_jobs.register(jobs, settings.var)
    deployments_jobs.register(jobs, settings.var, settings.plain_registries)
    references.register("deployments", refers_to)
    doctor_jobs.register(jobs, settings.home, settings.var)
    return Wiring(settings, units, jobs)


def units_of(database: Database, var: Path) -> Units:
    """Return units of work that know what to do where a ref was moved by somebody else."""
    return Units(database, var, lost={"work.lost": losing.lost})


def refuse_git_root(home: Path) -> None:
    """Raise Conflict where the workspace itself is a repository: its services would be a part of it."""
    if (home / ".git").exists():
        raise Conflict(
            f"The workspace {home} is itself a git repository; only the services in it are.",
            mend=f"calcifer convert {home}   (shows first what it would do), or set CALCIFER_HOME to another directory.",
        )
