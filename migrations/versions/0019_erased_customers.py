"""Whose personal data were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("customer", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
