"""Let hosts belong to somebody; make the tables of what their owners approve, and of trusted hooks."""

import sqlalchemy as sa
from alembic import op

from calcifer.kit.db import Instant

revision = "0008"
down_revision = "0006"


def upgrade() -> None:
    """Change the schema."""
    op.add_column("hosts", sa.Column("owner", sa.String(), nullable=True))
    op.add_column("hosts", sa.Column("owner_id", sa.Integer(), nullable=True))
    op.create_table(
        "work_reach_approvals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_number"], ["work_items.number"], name=op.f("fk_work_reach_approvals_item_number_work_items")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_work_reach_approvals_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_reach_approvals")),
    )
    op.create_index("ix_work_reach_approvals_key", "work_reach_approvals", ["service_id", "host", "digest"])
    op.create_index(op.f("ix_work_reach_approvals_item_number"), "work_reach_approvals", ["item_number"])
    op.create_table(
        "deployments_trusted_hooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_deployments_trusted_hooks_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments_trusted_hooks")),
    )
    op.create_index(
        "ix_deployments_trusted_hooks_key", "deployments_trusted_hooks", ["service_id", "digest"], unique=True
    )
