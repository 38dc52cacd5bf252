"""A PostgreSQL database for one worker of the suite."""

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url


class Postgres:
    """Made beside the database of `url`, emptied before each test, dropped at the end."""

    def __init__(self, url: str, worker: str) -> None:
        """Make it anew."""
        given = make_url(url)
        self._name = f"{given.database}_{worker}"
        self.url = given.set(database=self._name).render_as_string(hide_password=False)
        self._admin = create_engine(given, isolation_level="AUTOCOMMIT")
        self._own = create_engine(self.url, isolation_level="AUTOCOMMIT")
        self.drop()
        with self._admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{self._name}"'))

    def empty(self) -> None:
        """Delete every row; the tables stay."""
        names = [name for name in inspect(self._own).get_table_names() if name != "alembic_version"]
        if names:
            with self._own.connect() as connection:
                connection.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))

    def drop(self) -> None:
        """Drop it, whoever is still connected."""
        self._own.dispose()
        with self._admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)'))
        self._admin.dispose()
