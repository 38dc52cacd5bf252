"""Make the table of what registries have; keep how far updates of a service's images may go."""

import sqlalchemy as sa
from alembic import op

from calcifer.kit.db import Instant

revision = "0010"
down_revision = "0008"


def upgrade() -> None:
    """Change the schema."""
    op.add_column("services", sa.Column("updates", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "updates_images",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("tagged_at", Instant(), nullable=True),
        sa.Column("digests", sa.JSON(), nullable=False),
        sa.Column("checked_at", Instant(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("mend", sa.String(), nullable=True),
        sa.Column("failed_at", Instant(), nullable=True),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_updates_images")),
    )
