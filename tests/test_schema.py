"""The revisions make what the models say, on whichever database the suite runs."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from calcifer.kit.db import Base
from calcifer.wiring import Wiring


def test_revisions_and_models_say_the_same(wiring: Wiring) -> None:
    with wiring.units.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
