"""The only place that makes the database anew: refuses where a server runs, builds aside, keeps what was there, puts in place.

Until the last step nothing has changed; killed at any moment, the next one begins anew and comes to the same end.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from calcifer import migrations
from calcifer.activity import service as activity
from calcifer.config import Settings
from calcifer.kit import aside
from calcifer.kit.db import Database
from calcifer.kit.errors import CalciferError, Conflict, NotFound
from calcifer.kit.locks import Tenure, WriteLock
from calcifer.kit.uow import Actor, Units
from calcifer.rebuild import building, differing
from calcifer.rebuild.building import Built
from calcifer.rebuild.carrying import Carried, Carrier
from calcifer.rebuild.schemas import DifferenceOut, RebuiltOut
from calcifer.services import outside
from calcifer.services import queries as catalog
from calcifer.wiring import refuse_git_root, units_of

Tell = Callable[[str], None]
Step = Callable[[str], None]


class ServerRuns(Conflict):
    """A server works with the database that would be replaced."""


@dataclass(frozen=True)
class Old:
    """The database that is there; `why` it cannot be read, or None."""

    database: Database
    why: str | None


def rebuild(
    settings: Settings,
    actor: Actor,
    also: Sequence[Path] = (),
    *,
    tell: Tell = lambda _: None,
    on_step: Step = lambda _: None,
) -> RebuiltOut:
    """Make the database anew from the repositories of the workspace, and of `also`; keep the one that was there aside."""
    refuse_git_root(settings.home)
    settings.var.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(settings), ExitStack() as stack:
        old = _old(settings)
        stack.callback(old.database.close)
        on_step("replayed")
        stack.enter_context(WriteLock(settings.var / "write.lock"))
        on_step("locked")
        made = aside.place(old.database, settings.var)
        built, carried = _build(settings, actor, made, old, also, tell, on_step)
        tell("Putting it in place")
        kept = aside.keep(old.database, _folder(settings)) if aside.is_there(old.database) else None
        on_step("kept")
        aside.put_in_place(made, old.database, on_step)
        on_step("in place")
    for what, why in carried.failed:
        built.miss("", what, f"This could not be taken over from the database that was there: {why}")
    return _report(built, carried, kept)


def check(
    settings: Settings, actor: Actor, also: Sequence[Path] = (), *, tell: Tell = lambda _: None
) -> tuple[list[DifferenceOut], RebuiltOut]:
    """Return where the present database and the repositories differ, and what a rebuild would come to; nothing is changed."""
    refuse_git_root(settings.home)
    old = Old(Database(settings.database_url), None)
    if not aside.is_there(old.database):
        raise NotFound("There is no database to compare with.", mend="calcifer rebuild")
    with tempfile.TemporaryDirectory(prefix="calcifer-check-") as folder, ExitStack() as stack:
        stack.callback(old.database.close)
        made = Path(folder) / "calcifer.sqlite"
        built, carried = _build(settings, actor, made, old, also, tell, lambda _: None)
        new = Database(f"sqlite:///{made}")
        stack.callback(new.close)
        with old.database.looking() as there, new.looking() as here:
            found = differing.differences(differing.snapshot(there), differing.snapshot(here))
    return found, _report(built, carried, None)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Be what a server is as long as this lasts: none may start meanwhile, and none may run."""
    held = Tenure(settings.var / "server.lock")
    if not held.take(
        f"process {os.getpid()} on {socket.gethostname()}, which rebuilds the database", patience_seconds=1
    ):
        raise ServerRuns(
            f"The database is in use: {held.holder() or 'somebody'} has this workspace.",
            mend="Stop the server, then repeat: calcifer rebuild",
        )
    try:
        yield
    finally:
        held.give()


def _old(settings: Settings) -> Old:
    """Open what is there, bring it up to date, and finish what a killed writer began, as far as it can be read."""
    database = Database(settings.database_url)
    if not aside.is_there(database):
        return Old(database, "there was none")
    try:
        migrations.migrate(database.engine)
        units_of(database, settings.var).replay()
    except DBAPIError as error:
        return Old(database, str(error.orig))
    except CalciferError as error:
        return Old(database, error.message)
    except Exception as error:  # noqa: BLE001  (whatever is wrong with it, it must not keep another from being made)
        return Old(database, f"{type(error).__name__}: {error}")
    return Old(database, None)


def _build(
    settings: Settings, actor: Actor, made: Path, old: Old, also: Sequence[Path], tell: Tell, on_step: Step
) -> tuple[Built, Carried]:
    aside.clean(made)
    made.touch(mode=0o600)  # SQLite gives its other files the same
    database = Database(f"sqlite:///{made}")
    scratch = made.with_name(f"{made.name}.d")
    try:
        migrations.migrate(database.engine)
        units = Units(database, scratch)
        beside = [*also, *_elsewhere(old, settings)]
        built = building.build(units, actor, settings.home, beside, tell)
        on_step("built")
        carried = _carry(units, actor, old, built)
        if "activity" not in carried.words:
            building.restore_activity(units, actor, built)
        with units.write(actor) as uow:
            activity.record(uow, "rebuild", "workspace", services=len(built.services), items=len(built.claims))
        aside.settle(database)
        on_step("carried")
    finally:
        database.close()
        shutil.rmtree(scratch, ignore_errors=True)
    return built, carried


def _elsewhere(old: Old, settings: Settings) -> list[Path]:
    """Return where services are outside of the workspace, as far as anything says so."""
    paths = outside.remembered(settings.var)
    if old.why is None:
        with suppress(DBAPIError), old.database.reading() as session:
            paths += map(Path, catalog.list_repositories(session))
    return [path for path in paths if path.parent != settings.home and path.exists()]


def _carry(units: Units, actor: Actor, old: Old, built: Built) -> Carried:
    if old.why is not None:
        return Carried(failed=[] if not aside.is_there(old.database) else [("All that git does not say", old.why)])
    with old.database.looking() as there, units.write(actor) as uow:
        carrier = Carrier(there, uow.db.connection())
        carrier.whole()
        carrier.services(built.unread_paths)
        carrier.trust()
        carrier.numbers()
    return carrier.carried


def _folder(settings: Settings) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    return settings.var / "backups" / f"database-{stamp}"


def _report(built: Built, carried: Carried, kept: Path | None) -> RebuiltOut:
    states = [claim.found.record.state for claim in built.claims]
    return RebuiltOut(
        services=len(built.services),
        open=states.count("open"),
        dropped=states.count("dropped"),
        completed=states.count("completed"),
        strays=built.strays,
        hosts=built.hosts,
        deployments=len(built.deployments),
        carried=[*carried.words, *(f"the service {name} as it was" for name in carried.services)],
        unread=built.unread,
        lost=sorted(carried.lost),
        kept=str(kept) if kept else None,
    )
