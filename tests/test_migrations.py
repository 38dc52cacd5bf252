"""The schema is brought to the newest revision, once."""

import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from calcifer import migrations
from calcifer.kit.db import Database
from calcifer.wiring import Wiring


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
