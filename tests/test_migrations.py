"""The schema is brought to the newest revision, once."""

import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from calcifer import migrations
from calcifer.kit.db import Database
from calcifer.services import queries
from calcifer.wiring import Wiring
from tests.postgres import Postgres


def test_the_newest_revision_is_alembics_only_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.newest()]


def test_an_empty_database_becomes_the_newest(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new.sqlite")
    assert migrations.revision_of(database.engine) is None
    migrations.migrate(database.engine)
    assert migrations.revision_of(database.engine) == migrations.newest()
    migrations.migrate(database.engine)
    database.close()


def test_a_start_without_a_migration_does_not_load_alembic(wiring: Wiring) -> None:
    code = "import sys; from calcifer import config, wiring; wiring.wire(config.read()); sys.exit('alembic' in sys.modules)"
    url, home = wiring.settings.database_url, str(wiring.settings.home)
    path = str(Path(migrations.__file__).parents[2])
    env = {"CALCIFER_HOME": home, "CALCIFER_DATABASE_URL": url, "PYTHONPATH": path}
    assert subprocess.run([sys.executable, "-c", code], env=env, check=False).returncode == 0


def test_a_database_of_the_first_revision_keeps_what_it_has(tmp_path: Path, postgres: Postgres | None) -> None:
    database = Database(f"sqlite:///{tmp_path}/old.sqlite" if postgres is None else postgres.url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with database.engine.connect() as connection:
        if postgres is not None:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        empty = "'', '', '', '', '', '', '', '', '', NULL, 'main', NULL, NULL, 0, '', NULL, '[]', '{}', '[]', :at, :at, NULL"
        connection.execute(text(f"INSERT INTO services VALUES (1, {empty})"), {"at": "2026-01-31 12:00:00"})  # noqa: S608
        connection.execute(text("UPDATE services SET name = 'web', path = '/srv/web'"))
        connection.execute(text("INSERT INTO service_dependencies VALUES (1, 'db')"))
        connection.commit()
    migrations.migrate(database.engine)
    assert migrations.revision_of(database.engine) == migrations.newest()
    with database.reading() as session:
        (stored,) = queries.list_stored(session)
        assert (stored.name, stored.path, stored.folder) == ("web", "/srv/web", "")
        assert [one.name for one in queries.list_dependencies(session, 1)] == ["db"]
    if postgres is not None:
        postgres.empty()
    database.close()
