"""Run revisions on the connection that `migrate` opened."""

from alembic import context

from calcifer.kit.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
