"""Make the table of deployments; keep what descriptors say of targets and endpoints."""

import sqlalchemy as sa
from alembic import op

from calcifer.kit.db import Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Change the schema."""
    op.add_column("services", sa.Column("targets", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("services", sa.Column("endpoints", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "deployments",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("directory", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("is_returning", sa.Boolean(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("mend", sa.String(), nullable=True),
        sa.Column("images", sa.JSON(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["host_id"], ["hosts.id"], name=op.f("fk_deployments_host_id_hosts")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_deployments_service_id_services")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
    )
    op.create_index("ix_deployments_service_id_host_id", "deployments", ["service_id", "host_id", "id"])
    op.create_index("ix_deployments_state", "deployments", ["state"])
