"""Make every table."""

from alembic import op

from calcifer.kit.db import Base

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Change the schema."""
    Base.metadata.create_all(op.get_bind())
