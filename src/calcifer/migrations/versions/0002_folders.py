"""Let a service be a folder of a repository."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Change the schema: an index and not a constraint, for SQLite would copy the table, and lose what refers to it."""
    op.add_column("services", sa.Column("folder", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_services_path_folder", "services", ["path", "folder"], unique=True)
