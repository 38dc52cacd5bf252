"""The only place that changes the database's schema: Alembic revisions, applied at start."""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

HERE = Path(__file__).parent


def migrate(engine: Engine) -> None:
    """Bring the database to the newest revision; does nothing where it is there already."""
    if revision_of(engine) == newest():
        return  # without Alembic, which takes a fifth of a second and 15 MB of every process
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(HERE))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def is_newer(engine: Engine) -> bool:
    """Say whether a newer version of Calcifer has brought the database to a revision that is not known here."""
    there = revision_of(engine)
    return there is not None and there > newest()


def newest() -> str:
    """Return the newest revision: files are called `<revision>_<what>.py`, and follow each other by number."""
    return max(path.name.partition("_")[0] for path in (HERE / "versions").glob("[0-9]*_*.py"))


def revision_of(engine: Engine) -> str | None:
    """Return the revision that the database is at, or None where it is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)
